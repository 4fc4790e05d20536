#include "lib/http/stream_answer.h"

#include <microhttpd.h>

namespace sonde::http {
namespace {

// What is asked for at a time of a client of HTTP/1.0; the others' chunks are as large as their connection's memory allows.
constexpr std::size_t kBlock = 4096;

using Held = std::shared_ptr<Stream>;

}  // namespace

std::ptrdiff_t StreamAnswer::read(void* held, std::uint64_t, char* to, std::size_t size) noexcept {
    auto& stream = **static_cast<Held*>(held);
    if (const auto taken = stream.take(to, size)) return static_cast<std::ptrdiff_t>(*taken);
    return stream.is_broken() ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
}

MHD_Response* StreamAnswer::begin(const std::shared_ptr<Stream>& stream, EventThread& events, MHD_Connection* connection, bool with_body) {
    auto held = std::make_unique<Held>(stream);
    auto* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, &StreamAnswer::read, held.get(),
                                                       [](void* given) { delete static_cast<Held*>(given); });
    if (response == nullptr) return nullptr;
    static_cast<void>(held.release());  // the response's now
    // The library ends even the body that the answer to a HEAD request does not have, if it would be chunked.
    if (!with_body) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    stream->attach({[connection] { MHD_suspend_connection(connection); }, [&events, connection] { events.resume(connection); }});
    return response;
}

}  // namespace sonde::http
