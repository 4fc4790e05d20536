#include "controlplane/api/endpoint/repeat.h"

#include <algorithm>

namespace sonde::controlplane {
namespace {

constexpr std::size_t kLongest = 255;

constexpr db::Statement kClaim{"request_key_claim", R"(
    insert into request_key (owner, key, fingerprint) values ($1, $2, $3) on conflict do nothing)"};
constexpr db::Statement kFind{"request_key_find", R"(
    select fingerprint, command_id, answer from request_key where owner = $1 and key = $2)"};
constexpr db::Statement kCommand{"request_key_command", "update request_key set command_id = $3 where owner = $1 and key = $2"};
constexpr db::Statement kAnswer{"request_key_answer", R"(
    update request_key set answer = $3 where owner = $1 and key = $2 and answer is null)"};

std::string context_of(const RequestKey& key) { return "request_key:" + key.owner + ":" + key.key; }

// Each part with its length, so that no two requests are the same text.
void add(std::string& text, std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
}

std::string fingerprint_of(const http::Request& request) {
    std::string text;
    add(text, name_of(request.method));
    add(text, request.path);
    for (const auto& [name, value] : request.query) {
        add(text, name);
        add(text, value);
    }
    const auto* condition = request.header("if-match");
    add(text, condition == nullptr ? std::string_view{} : std::string_view{*condition});
    add(text, request.body);
    return crypto::sha256(text);
}

Json write_answer(const http::Response& response) {
    Json headers = Json::array();
    for (const auto& [name, value] : response.headers) headers.push_back({name, value});
    return {{"status", response.status}, {"content_type", response.content_type}, {"headers", std::move(headers)}, {"body", response.body}};
}

http::Response read_answer(const Json& document) {
    http::Response response;
    response.status = document.at("status").get<int>();
    response.content_type = document.at("content_type").get<std::string>();
    response.body = document.at("body").get<std::string>();
    for (const auto& header : document.at("headers")) response.headers.emplace_back(header.at(0).get<std::string>(), header.at(1).get<std::string>());
    return std::move(response).with("Idempotency-Replayed", "true");
}

// Of a key file that was exchanged since, nothing can be read any more: then it is as if nobody had answered.
std::optional<http::Response> open(const crypto::SecretBox& box, const RequestKey& key, std::string_view sealed) {
    const auto text = box.open(sealed, context_of(key));
    if (!text) return std::nullopt;
    const auto document = json::parse(text->reveal(), {.bytes = SIZE_MAX, .depth = 8});
    return document ? std::optional(read_answer(*document)) : std::nullopt;
}

}  // namespace

std::optional<RequestKey> request_key(const http::Request& request, const Actor& actor) {
    const auto* key = request.header("idempotency-key");
    if (key == nullptr) return std::nullopt;
    const bool readable = std::all_of(key->begin(), key->end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (key->empty() || key->size() > kLongest || !readable) {
        throw http::ProblemError{http::problem::malformed, "Idempotency-Key must be 1 to 255 visible ASCII characters", {}};
    }
    return RequestKey{actor.id, *key, fingerprint_of(request)};
}

namespace repeat {

std::optional<Earlier> claim(db::Tx& tx, const crypto::SecretBox& box, const RequestKey& key) {
    if (tx.run(kClaim, {key.owner, key.key, db::Param::bytes(key.fingerprint)}).affected() == 1) return std::nullopt;
    auto earlier = find(tx, box, key);
    // It was removed in between, as one does that is too old.
    if (!earlier) throw http::ProblemError{http::problem::conflict, "this Idempotency-Key has just expired; use a new one", {}};
    return earlier;
}

std::optional<Earlier> find(db::Tx& tx, const crypto::SecretBox& box, const RequestKey& key) {
    const auto rows = tx.run(kFind, {key.owner, key.key});
    if (rows.empty()) return std::nullopt;
    if (rows[0].bytes(0) != key.fingerprint) {
        throw http::ProblemError{http::problem::invalid, "this Idempotency-Key was used for another request; use a new one", {}};
    }
    Earlier earlier;
    if (!rows[0].is_null(1)) earlier.command = rows[0].whole(1);
    if (!rows[0].is_null(2)) earlier.answer = open(box, key, rows[0].bytes(2));
    return earlier;
}

void set_command(db::Tx& tx, const RequestKey& key, std::int64_t command) { tx.run(kCommand, {key.owner, key.key, command}); }

void set_answer(db::Tx& tx, const crypto::SecretBox& box, const RequestKey& key, const http::Response& response) {
    const auto sealed = box.seal(Secret(json::dump(write_answer(response))), context_of(key));
    tx.run(kAnswer, {key.owner, key.key, db::Param::bytes(sealed)});
}

}  // namespace repeat
}  // namespace sonde::controlplane
