#include "probe-agent/probe/dns/answer.h"

#include <doctest/doctest.h>

namespace dns_answer_test {

using namespace sonde;

namespace {

using Bytes = std::string;

Bytes b16(unsigned value) { return {static_cast<char>(value >> 8U), static_cast<char>(value)}; }
Bytes b32(unsigned value) { return b16(value >> 16U) + b16(value & 0xFFFFU); }

// The question is for `a.test`, which is at offset 12.
Bytes head(unsigned flags, unsigned answers) { return b16(7) + b16(flags) + b16(1) + b16(answers) + b32(0) + Bytes("\1a\4test\0", 8) + b16(1) + b16(1); }
Bytes record(unsigned type, const Bytes& data, unsigned ttl = 60, unsigned of_class = 1) {
    return b16(0xC00C) + b16(type) + b16(of_class) + b32(ttl) + b16(static_cast<unsigned>(data.size())) + data;
}

check::DnsFacts read(const Bytes& message) {
    check::DnsFacts facts;
    agent::read_dns_answer(message, facts);
    return facts;
}

}  // namespace

TEST_CASE("the data of each type is written as master files have it") {
    struct Row {
        unsigned type;
        Bytes data;
        const char* text;
    };
    const Bytes name = b16(0xC00C);
    const Row rows[] = {
        {1, Bytes("\xC0\x00\x02\x01", 4), "192.0.2.1"},
        {28, Bytes("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16), "2001:db8::1"},
        {5, name, "a.test"},
        {2, Bytes("\0", 1), "."},
        {12, Bytes("\1B\xC0\x0E", 4), "B.test"},
        {15, b16(10) + name, "10 a.test"},
        {16, "\3abc\2de", "abcde"},
        {16, Bytes("\0", 1), ""},
        {6, name + name + b32(1) + b32(2) + b32(3) + b32(4) + b32(4294967295U), "a.test a.test 1 2 3 4 4294967295"},
        {33, b16(1) + b16(2) + b16(443) + name, "1 2 443 a.test"},
        {257, Bytes("\0\5issueca.example", 17), "0 issue \"ca.example\""},
        {65, "\1\2", "\\# 2 0102"},
    };
    for (const auto& row : rows) {
        const auto facts = read(head(0x8180, 1) + record(row.type, row.data));
        CHECK_MESSAGE(facts.malformed.empty(), row.type << " " << facts.malformed);
        REQUIRE(facts.records.size() == 1);
        CHECK(facts.records[0].data == row.text);
        CHECK(facts.records[0].name == "a.test");
        CHECK(facts.records[0].ttl == 60);
        CHECK(facts.records[0].type == static_cast<int>(row.type));
    }
}

TEST_CASE("flags and the code are read") {
    const auto all = read(head(0x87A3, 0));
    CHECK((all.aa && all.tc && all.rd && all.ra && all.ad));
    CHECK(all.rcode == 3);
    const auto none = read(head(0x8000, 0));
    CHECK(!(none.aa || none.tc || none.rd || none.ra || none.ad));
    CHECK(none.rcode == 0);
}

TEST_CASE("a TTL with its first bit set counts as none, and other classes are passed over") {
    const auto facts = read(head(0x8180, 2) + record(1, "\1\2\3\4", 0x80000001U) + record(16, "\1x", 60, 3));
    CHECK(facts.malformed.empty());
    REQUIRE(facts.records.size() == 1);
    CHECK(facts.records[0].ttl == 0);
}

TEST_CASE("what is wrong with an answer is named, and what came before it is kept") {
    const auto good = record(1, "\1\2\3\4");
    struct Row {
        Bytes message;
        std::size_t records;
        const char* malformed;
    };
    const Row rows[] = {
        {"", 0, "the answer is shorter than a head"},
        {Bytes(11, 'x'), 0, "the answer is shorter than a head"},
        {head(0x0100, 0), 0, "the answer is a question"},
        {head(0x8180, 2) + good, 1, "the answer ends too early"},
        {head(0x8180, 1) + good.substr(0, good.size() - 1), 0, "the answer ends too early"},
        {head(0x8180, 1) + record(1, "\1\2\3"), 0, "the answer ends too early"},
        {head(0x8180, 2) + good + record(1, "\1\2\3\4\5"), 1, "the answer has a record of type A that is longer than it says"},
        {head(0x8180, 1) + record(15, "\1"), 0, "the answer ends too early"},
        {head(0x8180, 1) + record(16, "\5abc"), 0, "the answer ends too early"},
        {head(0x8180, 1) + record(5, b16(0xC000 + 36)), 0, "the answer has a name that cannot be read"},
        {head(0x8180, 1) + record(5, b16(0xFFFF)), 0, "the answer has a name that cannot be read"},
    };
    for (const auto& row : rows) {
        const auto facts = read(row.message);
        CHECK(facts.malformed == row.malformed);
        CHECK(facts.records.size() == row.records);
    }
}

TEST_CASE("an answer of very many records is cut off and says so") {
    Bytes message = head(0x8180, 600);
    for (int i = 0; i < 600; ++i) message += record(1, "\1\2\3\4");
    const auto facts = read(message);
    CHECK(facts.records.size() == 500);
    CHECK(facts.malformed == "the answer has more than 500 records");
}

}  // namespace dns_answer_test
