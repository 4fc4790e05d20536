#include "probe-agent/work/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

namespace sonde::agent {
namespace {

constexpr std::int64_t kSegments = 8;
constexpr std::size_t kHead = 12;  // length, weight, and the checksum of both and what follows; little-endian
constexpr std::string_view kSuffix = ".spool";

std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
        table.at(i) = value;
    }
    return table;
}

void put(char* to, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (8U * i));
}

std::uint32_t get(const char* from) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(static_cast<unsigned char>(from[i])) << (8U * i);
    return value;
}

bool read_all(int fd, char* to, std::size_t length, std::int64_t offset) {
    while (length > 0) {
        const auto got = ::pread(fd, to, length, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        offset += got;
        length -= static_cast<std::size_t>(got);
    }
    return true;
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put_out = ::write(fd, bytes.data(), bytes.size());
        if (put_out < 0 && errno == EINTR) continue;
        if (put_out <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(put_out));
    }
    return true;
}

std::string frame(std::string_view record, std::uint32_t weight) {
    std::string framed(kHead, '\0');
    put(framed.data(), static_cast<std::uint32_t>(record.size()));
    put(framed.data() + 4, weight);
    framed += record;
    put(framed.data() + 8, crc32c(std::string_view(framed).substr(0, 8)) ^ crc32c(record));
    return framed;
}

struct Record {
    std::string bytes;
    std::uint32_t weight = 0;
};

// The record at `offset`; nothing if there is no whole and undamaged one.
std::optional<Record> record_at(int fd, std::int64_t offset) {
    char head[kHead];
    if (!read_all(fd, head, kHead, offset)) return std::nullopt;
    const auto length = get(head);
    if (length > Spool::kMaxRecord) return std::nullopt;
    Record record{std::string(length, '\0'), get(head + 4)};
    if (!read_all(fd, record.bytes.data(), length, offset + static_cast<std::int64_t>(kHead))) return std::nullopt;
    if ((crc32c({head, 8}) ^ crc32c(record.bytes)) != get(head + 8)) return std::nullopt;
    return record;
}

std::int64_t on_disk(std::size_t record) { return static_cast<std::int64_t>(kHead + record); }

std::string reason() { return std::strerror(errno); }

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    static const auto table = make_table();
    std::uint32_t value = ~0U;
    for (const char byte : bytes) value = table.at((value ^ static_cast<unsigned char>(byte)) & 0xFFU) ^ (value >> 8U);
    return ~value;
}

Spool::Spool(std::string directory, std::int64_t max_bytes)
    : directory_(std::move(directory)), segment_bytes_(std::max(max_bytes / kSegments, on_disk(0))), max_bytes_(max_bytes) {}

Spool::~Spool() = default;

std::string Spool::path(std::uint64_t number) const { return fmt::format("{}/{:020}{}", directory_, number, kSuffix); }

Result<std::unique_ptr<Spool>> Spool::open(std::string directory, std::int64_t max_bytes) {
    std::unique_ptr<Spool> spool(new Spool(std::move(directory), max_bytes));
    if (auto status = spool->load(); !status) return Error{status.error().message};
    return spool;
}

Status Spool::load() {
    std::error_code failed;
    std::filesystem::create_directories(directory_, failed);
    const auto lock = directory_ + "/lock";
    lock_ = Socket(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock_) return Error{fmt::format("cannot open the spool {}: {}", directory_, reason())};
    if (::flock(lock_.fd(), LOCK_EX | LOCK_NB) != 0)
        return Error{fmt::format("the spool {} is used by another agent", directory_)};
    std::vector<std::uint64_t> numbers;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, failed)) {
        const auto name = entry.path().filename().string();
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && std::string_view(end) == kSuffix) numbers.push_back(number);
    }
    if (failed) return Error{fmt::format("cannot read the spool {}: {}", directory_, failed.message())};
    std::sort(numbers.begin(), numbers.end());
    for (const auto number : numbers) {
        if (auto status = load_segment(number); !status) return status;
    }
    return Done{};
}

// Counts the records of a segment, and cuts off what follows the last whole one.
Status Spool::load_segment(std::uint64_t number) {
    const Socket file(::open(path(number).c_str(), O_RDWR | O_CLOEXEC));
    if (!file) return Error{fmt::format("cannot open {}: {}", path(number), reason())};
    Segment segment{number, 0, 0, 0};
    while (const auto record = record_at(file.fd(), segment.size)) {
        segment.size += on_disk(record->bytes.size());
        segment.weight += record->weight;
        ++segment.records;
    }
    if (::ftruncate(file.fd(), segment.size) != 0) return Error{fmt::format("cannot cut {}: {}", path(number), reason())};
    if (segment.records == 0) {
        ::unlink(path(number).c_str());
        return Done{};
    }
    segments_.push_back(segment);
    bytes_ += segment.size;
    records_ += segment.records;
    return Done{};
}

bool Spool::begin_segment() {
    const auto number = segments_.empty() ? 1 : segments_.back().number + 1;
    out_ = Socket(::open(path(number).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (!out_) return false;
    segments_.push_back({number, 0, 0, 0});
    return true;
}

bool Spool::append(std::string_view record, std::uint32_t weight) {
    const auto length = on_disk(record.size());
    if (record.size() > kMaxRecord || length > max_bytes_) return false;
    while (bytes_ + length > max_bytes_ && !segments_.empty()) drop_first();
    const bool fits =
        out_ && !segments_.empty() && (segments_.back().size == 0 || segments_.back().size + length <= segment_bytes_);
    if (!fits && !begin_segment()) return false;
    auto& segment = segments_.back();
    if (!write_all(out_.fd(), frame(record, weight))) {
        // What was written of it must not stand before the next record.
        if (::ftruncate(out_.fd(), segment.size) != 0) out_.reset();
        return false;
    }
    segment.size += length;
    segment.weight += weight;
    ++segment.records;
    bytes_ += length;
    ++records_;
    return true;
}

std::optional<std::string> Spool::front() {
    while (!segments_.empty()) {
        if (segments_.front().records > 0) {
            if (!in_) in_ = Socket(::open(path(segments_.front().number).c_str(), O_RDONLY | O_CLOEXEC));
            if (in_) {
                if (auto record = record_at(in_.fd(), in_offset_)) {
                    front_length_ = on_disk(record->bytes.size());
                    front_weight_ = record->weight;
                    return std::move(record->bytes);
                }
            }
        } else if (segments_.size() == 1) {
            return std::nullopt;
        }
        drop_first();  // it was damaged after it had been written, or all of it was taken
    }
    return std::nullopt;
}

void Spool::pop() {
    if (segments_.empty() || front_length_ == 0) return;
    in_offset_ += front_length_;
    front_length_ = 0;
    --segments_.front().records;
    segments_.front().weight -= front_weight_;
    --records_;
    if (segments_.front().records == 0) drop_first();
}

void Spool::drop_first() {
    const auto& first = segments_.front();
    ::unlink(path(first.number).c_str());
    bytes_ -= first.size;
    records_ -= first.records;
    dropped_ += first.weight;
    if (segments_.size() == 1) out_.reset();
    segments_.pop_front();
    in_.reset();
    in_offset_ = 0;
    front_length_ = 0;
}

std::int64_t Spool::take_dropped() { return std::exchange(dropped_, 0); }

}  // namespace sonde::agent
