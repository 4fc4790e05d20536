#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "lib/crypto/crypto.h"
#include "lib/crypto/signing.h"
#include "lib/crypto/key_file.h"

namespace crypto_test {

using namespace sonde;

TEST_CASE("digests agree with the published test vectors") {
    // FIPS 180-2, appendix B.1; RFC 4231, section 4.3.
    CHECK(crypto::hex(crypto::sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(crypto::hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("base64 is strict") {
    // RFC 4648, section 10.
    CHECK(crypto::base64("foob") == "Zm9vYg==");
    CHECK(crypto::base64url("\xff\xfe") == "__4");
    CHECK(crypto::from_base64("Zm9vYg==") == "foob");
    for (const auto* text : {"Zm9vYg", "Zm9vYg=", "Zm9v Yg==", "Zm9vYg==\n", "Zm9vYh==", "*"}) CHECK_MESSAGE(!crypto::from_base64(text), text);
}

TEST_CASE("a token has its prefix, 256 bits, and never comes twice") {
    const auto token = crypto::random_token("sonde_");
    CHECK(token.reveal().size() == 6 + 43);
    CHECK(token.reveal().starts_with("sonde_"));
    CHECK(token.reveal() != crypto::random_token("sonde_").reveal());
}

TEST_CASE("a sealed value opens only with its key, in its place, unharmed") {
    const crypto::SecretBox box(std::string(32, 'k'));
    const crypto::SecretBox other(std::string(32, 'o'));
    auto sealed = box.seal(Secret{"hush"}, "channel:1");
    CHECK(sealed.find("hush") == std::string::npos);
    CHECK(sealed != box.seal(Secret{"hush"}, "channel:1"));
    REQUIRE(box.open(sealed, "channel:1"));
    CHECK(box.open(sealed, "channel:1")->reveal() == "hush");
    CHECK(!box.open(sealed, "channel:2"));
    CHECK(!other.open(sealed, "channel:1"));
    CHECK(!box.open("", "channel:1"));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto harmed = sealed;
        harmed[i] = static_cast<char>(harmed[i] ^ 1);
        CHECK(!box.open(harmed, "channel:1"));
    }
}

TEST_CASE("a key file is made once, for its owner only, and refused when others may read it") {
    char directory[] = "/tmp/sonde-crypto-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    const auto file = std::string(directory) + "/key";
    REQUIRE(crypto::SecretBox::make_key_file(file));
    const auto box = crypto::SecretBox::from_key_file(file);
    REQUIRE(box);
    REQUIRE(crypto::SecretBox::make_key_file(file));
    const auto again = crypto::SecretBox::from_key_file(file);
    REQUIRE(again);
    CHECK(again->open(box->seal(Secret{"hush"}, "x"), "x"));
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(!crypto::SecretBox::from_key_file(file));
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    CHECK(again->open(box->seal(Secret{"hush"}, "x"), "x"));
    std::ofstream(file) << "c2hvcnQ=\n";
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    CHECK(!crypto::SecretBox::from_key_file(file));
    CHECK(!crypto::SecretBox::from_key_file(std::string(directory) + "/none"));
    ::unlink(file.c_str());
    ::rmdir(directory);
}

TEST_CASE("signatures agree with the published test vector") {
    // RFC 8032, section 7.1, test 1.
    const auto key = crypto::SigningKey::from_seed(*crypto::from_base64("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="));
    CHECK(crypto::hex(key.public_key()) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    CHECK(crypto::hex(key.sign("")) ==
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    CHECK(crypto::verifies(key.public_key(), "", key.sign("")));
    CHECK(!crypto::verifies(key.public_key(), "x", key.sign("")));
    CHECK(!crypto::verifies(key.public_key(), "", "short"));
    CHECK_THROWS_AS(crypto::SigningKey::from_seed("short"), std::invalid_argument);
}

TEST_CASE("keys that follow from one root are the same each time, and differ from one another") {
    const std::string root(32, 'r');
    CHECK(crypto::derived_key(root, 1, "a-test--").reveal() == crypto::derived_key(root, 1, "a-test--").reveal());
    CHECK(crypto::derived_key(root, 1, "a-test--").reveal() != crypto::derived_key(root, 2, "a-test--").reveal());
    CHECK(crypto::derived_key(root, 1, "a-test--").reveal() != crypto::derived_key(root, 1, "another-").reveal());
    CHECK(crypto::derived_key(root, 1, "a-test--").reveal() != crypto::derived_key(std::string(32, 's'), 1, "a-test--").reveal());
    CHECK_THROWS_AS((void)crypto::derived_key("short", 1, "a-test--"), std::invalid_argument);
}

TEST_CASE("a box follows its file: a new key seals, the others open as long as they are there") {
    char directory[] = "/tmp/sonde-crypto-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    const auto file = std::string(directory) + "/key";
    REQUIRE(crypto::key_file::make(file));
    const auto box = crypto::SecretBox::from_key_file(file);
    REQUIRE(box);
    const auto before = box->seal(Secret{"hush"}, "x");
    const auto old = *crypto::key_file::read(file);
    const auto fresh = crypto::key_file::new_key();
    REQUIRE(crypto::key_file::replace(file, {fresh, old[0]}));
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);

    // Whoever has read the file already seals with the new key; the box looks again rather than to give up.
    const auto other = crypto::SecretBox::from_key_file(file);
    REQUIRE(other);
    const auto after = other->seal(Secret{"whisper"}, "x");
    CHECK(box->look_into(after, "x")->newest);
    CHECK(box->look_into(after, "x")->secret.reveal() == "whisper");
    CHECK(box->open(before, "x")->reveal() == "hush");
    CHECK(!box->look_into(before, "x")->newest);

    // What cannot be read changes nothing.
    ::unlink(file.c_str());
    CHECK(box->open(before, "x")->reveal() == "hush");

    REQUIRE(crypto::key_file::make(file));
    REQUIRE(crypto::key_file::replace(file, {fresh}));
    CHECK(!box->open("\x01" + std::string(60, 'x'), "x"));  // looks
    CHECK(!box->open(before, "x"));
    CHECK(box->open(after, "x"));
    ::unlink(file.c_str());
    ::rmdir(directory);
}

TEST_CASE("a key file has one to eight different keys") {
    char directory[] = "/tmp/sonde-crypto-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    const auto file = std::string(directory) + "/key";
    REQUIRE(crypto::key_file::make(file));
    crypto::key_file::Keys keys;
    for (std::size_t i = 0; i < crypto::key_file::kMaxKeys; ++i) keys.push_back(crypto::key_file::new_key());
    REQUIRE(crypto::key_file::replace(file, keys));
    CHECK(*crypto::key_file::read(file) == keys);
    keys.push_back(crypto::key_file::new_key());
    REQUIRE(crypto::key_file::replace(file, keys));
    CHECK(crypto::key_file::read(file).error().message.ends_with("more than 8 keys"));
    REQUIRE(crypto::key_file::replace(file, {keys[0], keys[0]}));
    CHECK(crypto::key_file::read(file).error().message.ends_with("has a key twice"));
    REQUIRE(crypto::key_file::replace(file, {}));
    CHECK(crypto::key_file::read(file).error().message.ends_with("is empty"));
    CHECK(!crypto::key_file::replace(std::string(directory) + "/none", {keys[0]}));
    ::unlink(file.c_str());
    ::rmdir(directory);
}

}  // namespace crypto_test
