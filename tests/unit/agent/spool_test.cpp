#include "probe-agent/work/spool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace spool_test {

using namespace sonde;
using agent::Spool;

namespace {

std::unique_ptr<Spool> open(const test::TempDir& directory, std::int64_t bytes = 1 << 20) {
    auto spool = Spool::open(directory.path(), bytes);
    REQUIRE(spool);
    return std::move(*spool);
}

std::vector<std::string> take_all(Spool& spool) {
    std::vector<std::string> records;
    while (auto record = spool.front()) {
        records.push_back(*record);
        spool.pop();
    }
    return records;
}

std::vector<std::string> segments(const test::TempDir& directory) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        if (entry.path().extension() == ".spool") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

TEST_CASE("the checksum is CRC-32C") {
    CHECK(agent::crc32c("123456789") == 0xE3069283U);
    CHECK(agent::crc32c(std::string(32, '\0')) == 0x8A9136AAU);
}

TEST_CASE("records come out in the order they went in, whatever is in them") {
    const test::TempDir directory;
    auto spool = open(directory);
    const std::vector<std::string> records{"first", "", std::string("\0\xff\n", 3), std::string(100'000, 'x'), "last"};
    for (const auto& record : records) REQUIRE(spool->append(record, 1));
    CHECK(spool->records() == 5);
    CHECK(take_all(*spool) == records);
    CHECK(spool->empty());
    CHECK(spool->bytes() == 0);
    CHECK(segments(directory).empty());
    CHECK(!spool->front());
}

TEST_CASE("front does not take, and pop takes what front gave only") {
    const test::TempDir directory;
    auto spool = open(directory);
    spool->append("a", 1);
    spool->append("b", 1);
    spool->pop();
    CHECK(spool->front() == "a");
    CHECK(spool->front() == "a");
    spool->pop();
    spool->pop();
    CHECK(spool->front() == "b");
}

TEST_CASE("what was spooled survives the process") {
    const test::TempDir directory;
    {
        auto spool = open(directory);
        for (int i = 0; i < 100; ++i) REQUIRE(spool->append("record " + std::to_string(i), 1));
    }
    auto spool = open(directory);
    CHECK(spool->records() == 100);
    REQUIRE(spool->append("after", 1));
    const auto records = take_all(*spool);
    REQUIRE(records.size() == 101);
    CHECK(records.front() == "record 0");
    CHECK(records.back() == "after");
    CHECK(spool->take_dropped() == 0);
}

TEST_CASE("a record torn by a crash is cut off, at whichever byte it tore") {
    const test::TempDir directory;
    open(directory)->append("whole", 1);
    const auto file = segments(directory).at(0);
    const auto whole = std::filesystem::file_size(file);
    {
        auto spool = open(directory);
        spool->append("torn record", 1);
    }
    // Both records in one file, then cut.
    const auto second = segments(directory).at(1);
    const auto full = std::filesystem::file_size(second);
    for (std::uintmax_t length = full; length-- > 0;) {
        std::filesystem::resize_file(second, length);
        auto spool = open(directory);
        CHECK(spool->records() == 1);
        CHECK(std::filesystem::file_size(file) == whole);
        if (std::filesystem::exists(second)) CHECK(std::filesystem::file_size(second) == 0);
        // Put back for the next cut.
        spool.reset();
        std::ofstream(second, std::ios::binary) << std::string(full, 'z');
    }
}

TEST_CASE("a record torn behind others leaves these whole") {
    const test::TempDir directory;
    {
        auto spool = open(directory);
        spool->append("one", 1);
        spool->append("two", 1);
    }
    const auto file = segments(directory).at(0);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
    auto spool = open(directory);
    CHECK(take_all(*spool) == std::vector<std::string>{"one"});
}

TEST_CASE("a flipped bit is found, and never given out") {
    const test::TempDir directory;
    open(directory)->append("a record of some length", 7);
    const auto file = segments(directory).at(0);
    std::string bytes;
    {
        std::ifstream in(file, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        std::ofstream(file, std::ios::binary | std::ios::trunc) << damaged;
        CHECK(open(directory)->records() == 0);
    }
}

TEST_CASE("when it is full the oldest go, and are counted by their weight") {
    const test::TempDir directory;
    constexpr std::int64_t kMax = 64 * 1024;
    auto spool = open(directory, kMax);
    const std::string record(1000, 'r');
    for (int i = 0; i < 500; ++i) REQUIRE(spool->append(std::to_string(i) + record, 3));
    CHECK(spool->bytes() <= kMax);
    CHECK(spool->bytes() > kMax / 2);
    const auto kept = spool->records();
    CHECK(spool->take_dropped() == (500 - kept) * 3);
    CHECK(spool->take_dropped() == 0);
    const auto records = take_all(*spool);
    REQUIRE(static_cast<std::int64_t>(records.size()) == kept);
    CHECK(records.front() == std::to_string(500 - kept) + record);
    CHECK(records.back() == "499" + record);
}

TEST_CASE("what is larger than a record may be is refused") {
    const test::TempDir directory;
    auto spool = open(directory, 8 << 20);
    CHECK(!spool->append(std::string(Spool::kMaxRecord + 1, 'x'), 1));
    CHECK(spool->append(std::string(Spool::kMaxRecord, 'x'), 1));
    CHECK(spool->front()->size() == Spool::kMaxRecord);
    const test::TempDir other;
    auto small = open(other, 1000);
    CHECK(!small->append(std::string(1000, 'x'), 1));
    CHECK(small->empty());
}

TEST_CASE("two agents do not share a spool") {
    const test::TempDir directory;
    const auto spool = open(directory);
    const auto second = Spool::open(directory.path(), 1 << 20);
    REQUIRE(!second);
    CHECK(second.error().message == "the spool " + directory.path() + " is used by another agent");
}

TEST_CASE("a spool that cannot be made says why") {
    const auto spool = Spool::open("/proc/nonexistent/spool", 1 << 20);
    REQUIRE(!spool);
    CHECK(spool.error().message.find("cannot open the spool /proc/nonexistent/spool: ") == 0);
}

}  // namespace spool_test
