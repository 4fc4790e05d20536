#include "lib/http/message.h"

#include <algorithm>

namespace sonde::http {
namespace {

const std::string* first(const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view name) {
    const auto found = std::find_if(pairs.begin(), pairs.end(), [name](const auto& pair) { return pair.first == name; });
    return found == pairs.end() ? nullptr : &found->second;
}

}  // namespace

const std::string* Request::header(std::string_view name) const { return first(headers, name); }

const std::string* Request::query_value(std::string_view name) const { return first(query, name); }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    return text.substr(0, text.find_last_not_of(blank) + 1);
}

std::string host_of(const Request& request) {
    const auto* given = request.header("host");
    if (given == nullptr) return {};
    std::string_view host = *given;
    const auto bracket = host.starts_with('[') ? host.find(']') : 0;
    host = host.substr(0, host.find(':', bracket == std::string_view::npos ? 0 : bracket));
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string lower(host);
    for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return lower;
}

Response Response::json(const Json& document, int status) {
    Response response;
    response.status = status;
    response.body = json::dump(document);
    return response;
}

Response Response::text(std::string body, std::string content_type, int status) {
    Response response;
    response.status = status;
    response.content_type = std::move(content_type);
    response.body = std::move(body);
    return response;
}

Response Response::empty(int status) {
    Response response;
    response.status = status;
    response.content_type.clear();
    return response;
}

Response Response::events(std::shared_ptr<Stream> stream) {
    Response response;
    response.content_type = "text/event-stream";
    response.stream = std::move(stream);
    return response;
}

Response&& Response::with(std::string name, std::string value) && {
    headers.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
}

Json problem_document(const ProblemKind& kind, std::string_view detail, const json::Problems& errors) {
    Json document;
    document["type"] = "urn:sonde:problem:" + std::string(kind.code);
    document["title"] = kind.title;
    document["status"] = kind.status;
    if (!detail.empty()) document["detail"] = detail;
    if (!errors.empty()) {
        auto& list = document["errors"] = Json::array();
        for (const auto& error : errors) {
            Json item;
            item["pointer"] = error.pointer;
            item["detail"] = error.detail;
            list.push_back(std::move(item));
        }
    }
    return document;
}

Response problem_response(const ProblemKind& kind, std::string_view detail, const json::Problems& errors) {
    auto response = Response::json(problem_document(kind, detail, errors), kind.status);
    response.content_type = "application/problem+json";
    return response;
}

Response problem_response(const ProblemError& error) {
    auto response = problem_response(error.kind, error.detail, error.errors);
    return error.kind.status == problem::unavailable.status ? std::move(response).with("Retry-After", "5") : response;
}

}  // namespace sonde::http
