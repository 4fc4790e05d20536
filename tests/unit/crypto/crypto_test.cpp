#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "lib/crypto/crypto.h"

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
    std::ofstream(file) << "c2hvcnQ=\n";
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    CHECK(!crypto::SecretBox::from_key_file(file));
    CHECK(!crypto::SecretBox::from_key_file(std::string(directory) + "/none"));
    ::unlink(file.c_str());
    ::rmdir(directory);
}
