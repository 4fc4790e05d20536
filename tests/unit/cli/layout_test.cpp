#include "cli/up/layout.h"

#include <doctest/doctest.h>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "tests/unit/cli/scratch.h"

namespace layout_test {

using namespace sonde::cli;

TEST_CASE("an empty directory becomes ours, and is known again") {
    const sonde::test::Scratch dir;
    const auto data = (dir / "data").string();
    CHECK_THROWS_AS(up::existing_layout(data), Failure);
    const auto layout = up::open_layout(data);
    CHECK(std::filesystem::is_directory(layout.dir / "secrets"));
    CHECK(up::existing_layout(data).dir == layout.dir);
    CHECK_NOTHROW(up::open_layout(data));
}

TEST_CASE("a directory with somebody else's files is left alone") {
    const sonde::test::Scratch dir;
    up::write_file(dir / "thesis.txt", "years of work");
    CHECK_THROWS_AS(up::open_layout(dir.path().string()), Failure);
    up::remove_data(dir.path().string());
    CHECK(up::read_file(dir / "thesis.txt") == "years of work");
}

TEST_CASE("a file is not a data directory") {
    const sonde::test::Scratch dir;
    up::write_file(dir / "file", "");
    CHECK_THROWS_AS(up::open_layout((dir / "file").string()), Failure);
}

TEST_CASE("starting over removes the data, wherever the database had to go, and keeps the directory ours") {
    const sonde::test::Scratch dir;
    const auto layout = up::open_layout((dir / "data").string());
    std::filesystem::create_directories(dir / "elsewhere/base");
    std::filesystem::create_symlink(dir / "elsewhere", layout.postgres());
    up::write_file(layout.admin_token(), "x");
    up::remove_data(layout.dir.string());
    CHECK_FALSE(std::filesystem::exists(dir / "elsewhere"));
    CHECK_FALSE(std::filesystem::exists(layout.admin_token()));
    CHECK_FALSE(std::filesystem::is_symlink(layout.postgres()));
    CHECK_NOTHROW(up::open_layout(layout.dir.string()));
}

TEST_CASE("one supervisor holds a directory at a time, and lets go of it when it ends") {
    const sonde::test::Scratch dir;
    const auto layout = up::open_layout((dir / "data").string());
    {
        const auto lock = up::DirectoryLock::take(layout);
        CHECK(lock.has_value());
        CHECK_FALSE(up::DirectoryLock::take(layout).has_value());
    }
    CHECK(up::DirectoryLock::take(layout).has_value());
}

}  // namespace layout_test
