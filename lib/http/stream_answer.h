// A stream as the body of one of the library's responses. Internal to lib/http; on the event thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/http/event_thread.h"
#include "lib/http/stream.h"

struct MHD_Connection;
struct MHD_Response;

namespace sonde::http {

class StreamAnswer {
public:
    // Chunked, or to the end of the connection for a client of HTTP/1.0. The connection is suspended while there is nothing to send, which must
    // be over before the server stops: `Streams::stop`. Null if there is no memory.
    static MHD_Response* begin(const std::shared_ptr<Stream>& stream, EventThread& events, MHD_Connection* connection, bool with_body);
    // The answer is over, or has none but a head.
    static void finish(Stream& stream) { stream.finish(); }

private:
    static std::ptrdiff_t read(void* stream, std::uint64_t position, char* to, std::size_t size) noexcept;
};

}  // namespace sonde::http
