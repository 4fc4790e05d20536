#include "cli/up/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cli/failure.h"
#include "tests/unit/cli/scratch.h"

namespace file_test {

using namespace sonde::cli;

TEST_CASE("a file is replaced whole, and only its owner may read it") {
    const sonde::test::Scratch dir;
    up::write_file(dir / "secret", "one");
    up::write_file(dir / "secret", "two");
    CHECK(up::read_file(dir / "secret") == "two");
    struct stat status {};
    REQUIRE(::stat((dir / "secret").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    CHECK_FALSE(std::filesystem::exists(dir / "secret.new"));
}

TEST_CASE("a directory that is not there is named in the error") {
    const sonde::test::Scratch dir;
    try {
        up::write_file(dir / "no/file", "x");
        FAIL("it must throw");
    } catch (const Failure& failure) {
        CHECK(std::string{failure.what()}.find("no/file") != std::string::npos);
        CHECK(std::string{failure.what()}.find("No such file") != std::string::npos);
    }
    CHECK_FALSE(up::read_file(dir / "none").has_value());
}

TEST_CASE("a secret is made once and then kept") {
    const sonde::test::Scratch dir;
    const auto first = up::secret_in(dir / "key");
    CHECK(first.size() == 32);
    CHECK(up::secret_in(dir / "key") == first);
    CHECK(up::secret_in(dir / "other") != first);
}

TEST_CASE("the end of a log is its last lines") {
    const sonde::test::Scratch dir;
    up::write_file(dir / "log", "a\nb\nc\nd\n");
    CHECK(up::tail_of(dir / "log", 2) == "  c\n  d");
    CHECK(up::tail_of(dir / "log", 9) == "  a\n  b\n  c\n  d");
    up::write_file(dir / "log", "");
    CHECK(up::tail_of(dir / "log", 2).empty());
    CHECK(up::tail_of(dir / "none", 2).empty());
    up::write_file(dir / "log", "one line without an end");
    CHECK(up::tail_of(dir / "log", 3) == "  one line without an end");
}

}  // namespace file_test
