// An answer that is written bit by bit: server-sent events, from any thread, to one client.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/http/event.h"

namespace sonde::http {

class Streams;

// Why a stream is over.
enum class StreamEnd : unsigned char {
    done,      // its producer ended it, and the client has all of it
    gone,      // the client went away, or its answer never began
    slow,      // the client did not take what there was for it
    stopping,  // the server stops
};

struct StreamLimits {
    std::size_t max_queued_bytes = 256 << 10;  // that the client has not taken; one frame is always taken
};

// Thread-safe. Holds a place among the server's streams until it is over. No thread waits for it: the producer's sends go into a queue, and
// the server's event thread takes them to the client. A handler opens it, gives it to whoever will send, and returns
// `Response::events(stream)`; what is sent before that waits in the queue.
class Stream {
public:
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // Never blocks. False if the stream is over or ended, which it is too once the queue is full: a client that is too slow is cut off.
    bool send(const Event& event) { return send(encode(event)); }
    bool send(Frame frame);
    // After what was sent before, the answer ends. Any number of times.
    void end();
    // True once nothing that is sent would arrive.
    [[nodiscard]] bool closed() const;
    // What the client has not taken, whole frames.
    [[nodiscard]] std::size_t queued_bytes() const;
    // Called once, when the stream is over for whatever reason: on the server's event thread, never within `send` or `end`; at once, on this thread,
    // if it is over already. Must not block or throw. Not called for a stream that is dropped by all before its answer began.
    void on_closed(std::function<void()> callback);

private:
    friend class Streams;
    friend class Connections;
    friend class StreamAnswer;

    // What carries the answer; neither call may come back to the stream.
    struct Carrier {
        std::function<void()> pause;   // `take` will not be called until `resume`
        std::function<void()> resume;  // from any thread
    };
    enum class State : unsigned char { open, ending, over };

    Stream(std::shared_ptr<Streams> streams, StreamLimits limits, milliseconds heartbeat, milliseconds patience, Frame opening);

    void attach(Carrier carrier);
    // Copies what there is, up to `size` bytes. Nothing at the end of the answer, in good order or not (`is_broken`). Pauses and gives 0 if
    // there is nothing now.
    std::optional<std::size_t> take(char* to, std::size_t size);
    [[nodiscard]] bool is_broken() const;
    // The answer is over, the carrier gone. On the event thread.
    void finish();
    void stop();
    // To be asked now and then: sends the heartbeat that is due; true if the connection is to be cut.
    bool look(MonotonicPoint now, bool client_gone);

    void break_off(StreamEnd why);
    void wake();

    const std::shared_ptr<Streams> streams_;
    const StreamLimits limits_;
    const milliseconds heartbeat_;
    const milliseconds patience_;
    const Frame opening_;  // first in the queue from the beginning; no event, and in the way of none

    mutable std::mutex mutex_;  // of what follows
    State state_ = State::open;
    StreamEnd why_ = StreamEnd::gone;
    bool broken_ = false;
    bool finished_ = false;
    Carrier carrier_;
    bool paused_ = false;
    std::deque<Frame> queue_;
    std::size_t queued_bytes_ = 0;  // whole frames, the one that is being taken included
    std::size_t taken_ = 0;         // of the first
    MonotonicPoint moved_;          // when the client last took something, or there was nothing for it
    MonotonicPoint sent_;           // when something was last put into the queue
    std::function<void()> callback_;
};

// A stream for the answer to this request. Throws ProblemError, 503, if there are as many as may be, or the server stops; and 500 outside of a server.
std::shared_ptr<Stream> open_stream(const Request& request, StreamLimits limits = {});

}  // namespace sonde::http

template <>
struct sonde::EnumNames<sonde::http::StreamEnd> {
    static constexpr std::array<std::string_view, 4> names{"done", "gone", "slow", "stopping"};
};
