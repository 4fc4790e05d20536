#include "lib/http/document_event.h"

#include "lib/http/message.h"
#include "lib/log/log.h"

namespace sonde::http {

bool send_document(Stream& stream, std::string_view type, const std::function<Json()>& document) {
    try {
        return stream.send({std::string(type), json::dump(document())});
    } catch (const std::exception& error) {
        log::error("stream_event_failed", "event", type, "error", error.what());
    }
    stream.send({"problem", problem_response(problem::internal, "The outcome cannot be told by a defect of the server. Its log has the reason.").body});
    stream.end();
    return false;
}

}  // namespace sonde::http
