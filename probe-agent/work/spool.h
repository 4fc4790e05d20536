// Records kept on disk while the bus is away: append-only, bounded, and readable after a crash.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "probe-agent/probe/net/socket.h"

namespace sonde::agent {

// A directory of segment files, each at most an eighth of the whole. A record is its length, a weight, a checksum (CRC-32C)
// and its bytes; what a crash tore is found by these and cut off. Segments are deleted when all their records were taken, so
// after a restart the records of one segment may come again: they must be idempotent. When it is full, the oldest segment goes,
// and its records are counted as dropped. Not synced: it survives the death of the process, and of the machine as far as the
// kernel had written. Not thread-safe.
class Spool {
public:
    static constexpr std::size_t kMaxRecord = 1 << 20;

    // Opens or creates; refuses a directory that another process uses.
    static Result<std::unique_ptr<Spool>> open(std::string directory, std::int64_t max_bytes);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    // `weight` is what the record counts for when it is dropped. False if it could not be written (disk full, too long): the
    // record is then not there.
    bool append(std::string_view record, std::uint32_t weight);
    // The oldest record; nothing if there is none. Damaged ones are skipped.
    std::optional<std::string> front();
    // Takes the record that `front` gave away.
    void pop();

    [[nodiscard]] bool empty() const { return records_ == 0; }
    [[nodiscard]] std::int64_t bytes() const { return bytes_; }  // on disk, records taken out of the first segment included
    [[nodiscard]] std::int64_t records() const { return records_; }
    // The weight of the records that were lost because it was full or damaged, since this was last asked.
    [[nodiscard]] std::int64_t take_dropped();

private:
    struct Segment {
        std::uint64_t number = 0;
        std::int64_t size = 0;
        std::int64_t records = 0;  // not yet taken
        std::int64_t weight = 0;   // of these
    };

    Spool(std::string directory, std::int64_t max_bytes);
    Status load();
    Status load_segment(std::uint64_t number);
    [[nodiscard]] std::string path(std::uint64_t number) const;
    bool begin_segment();
    void drop_first();

    std::string directory_;
    std::int64_t segment_bytes_;
    std::int64_t max_bytes_;
    Socket lock_;  // a descriptor that goes with us
    Socket out_;   // the last segment
    Socket in_;    // the first segment
    std::int64_t in_offset_ = 0;
    std::int64_t front_length_ = 0;  // of the record that `front` gave, head included
    std::int64_t front_weight_ = 0;
    std::deque<Segment> segments_;
    std::int64_t bytes_ = 0;
    std::int64_t records_ = 0;
    std::int64_t dropped_ = 0;
};

// CRC-32C (Castagnoli), as in RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace sonde::agent
