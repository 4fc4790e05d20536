// What a module's section `http` asks.
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>

#include "lib/json/reader.h"
#include "lib/net/url.h"
#include "probe-agent/blackbox/draft.h"

namespace sonde::agent::blackbox {
namespace {

constexpr std::size_t kMostItems = 50;
constexpr std::size_t kMostStatuses = 500;
constexpr std::int64_t kMostBytes = std::int64_t{10} << 20U;
constexpr TlsFields kTlsFields{"tls_verify", "tls_ca", "tls_server_name", "tls_min_version", "tls_certificate", "tls_key"};

class HttpSection {
public:
    HttpSection(YamlMap& in, const ReadFile& files, Draft& draft)
        : in_(in), files_(files), draft_(draft), spec_(draft.module.spec), demands_(draft.module.http) {}

    void read() {
        spec_["headers"] = Json::object();
        spec_["assertions"] = Json::array();
        spec_["certificate_warn_days"] = 0;
        spec_["compression"] = false;
        spec_["max_body_bytes"] = kMostBytes;
        read_request();
        read_encoding();
        read_credentials();
        read_proxy();
        read_redirects();
        read_answer();
        read_body_patterns("fail_if_body_matches_regexp", "not_matches");
        read_body_patterns("fail_if_body_not_matches_regexp", "matches");
        read_header_patterns("fail_if_header_matches", "not_matches");
        read_header_patterns("fail_if_header_not_matches", "matches");
        read_preference(in_, draft_.module.preference);
        read_tls(in_, files_, "", kTlsFields, draft_);
        refuse_others();
    }

private:
    void read_request() {
        std::string text;
        Place place;
        if (in_.text("method", text) && !text.empty()) draft_.put("/method", text, in_.place("method"));
        if (read_text_or_file(in_, "body", files_, text, place)) draft_.put("/body", text, place);
        in_.entries("headers", kMostItems, [&](const std::string& name, const YAML::Node& value, const Place& where) {
            if (!is_text(value)) return in_.mistakes().add(where.line, fmt::format("\"{}\" must be a text", where.path));
            draft_.put("/headers/" + json::escape_pointer(name), value.Scalar(), where);
            if (is_confidential(name)) draft_.hide(value.Scalar());
        });
    }

    [[nodiscard]] bool has_header(const char* wanted) const {
        const auto& headers = spec_["headers"];
        for (const auto& [name, value] : headers.items()) {
            if (strcasecmp(name.c_str(), wanted) == 0) return true;
        }
        return false;
    }

    // The answer must then be encoded so, as theirs fails to decode any other.
    void read_encoding() {
        std::string text;
        if (!in_.text("compression", text) || text.empty()) return;
        if (text != "gzip" && text != "br" && text != "deflate" && text != "identity")
            return in_.refuse("compression", "must be gzip, br, deflate or identity");
        if (!has_header("accept-encoding")) spec_["headers"]["Accept-Encoding"] = text;
        if (text == "identity") return;
        draft_.put("/compression", true, in_.place("compression"));
        demands_.content_encoding = text;
    }

    void authorize(Json auth, const Place& place) {
        if (spec_.contains("auth")) return in_.mistakes().add(place.line, fmt::format("\"{}\" is a second way to authenticate", place.path));
        draft_.put("/auth", std::move(auth), place);
    }

    void read_credentials() {
        Place place;
        std::string token;
        in_.group("basic_auth", [&](YamlMap& basic) {
            std::string username;
            std::string password;
            read_text_or_file(basic, "username", files_, username, place);
            read_text_or_file(basic, "password", files_, password, place);
            draft_.hide(password);
            authorize({{"type", "basic"}, {"username", username}, {"password", password}}, in_.place("basic_auth"));
        });
        if (read_text_or_file(in_, "bearer_token", files_, token, place)) bear(token, place);
        in_.group("authorization", [&](YamlMap& authorization) {
            std::string type = "Bearer";
            authorization.text("type", type);
            if (!read_text_or_file(authorization, "credentials", files_, token, place)) return authorization.refuse("type", "needs credentials");
            if (strcasecmp(type.c_str(), "bearer") == 0) return bear(token, place);
            draft_.put("/headers/Authorization", type + ' ' + token, place);
            draft_.hide(token);
        });
        in_.group("oauth2", [&](YamlMap& oauth) { read_oauth(oauth); });
    }

    void bear(const std::string& token, const Place& place) {
        draft_.hide(token);
        authorize({{"type", "bearer"}, {"token", token}}, place);
    }

    void read_oauth(YamlMap& in) {
        Json auth{{"type", "oauth2"}};
        std::string text;
        Place place;
        for (const auto* field : {"client_id", "token_url"}) {
            if (in.text(field, text)) auth[field] = text;
        }
        if (read_text_or_file(in, "client_secret", files_, text, place)) {
            auth["client_secret"] = text;
            draft_.hide(text);
        }
        std::string scope;
        in.texts("scopes", kMostItems, [&](const std::string& one, const Place&) { scope += (scope.empty() ? "" : " ") + one; });
        auth["scope"] = scope;
        in.entries("endpoint_params", kMostItems, [&](const std::string& name, const YAML::Node& value, const Place& where) {
            if (name != "audience" || !is_text(value))
                return in.mistakes().add(where.line, fmt::format("\"{}\" is not possible here: of the parameters only audience is", where.path));
            auth["audience"] = value.Scalar();
        });
        for (const auto* key : {"tls_config", "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header"})
            in.unsupported(key, "tokens are asked for as the agent asks for everything");
        authorize(std::move(auth), in_.place("oauth2"));
    }

    void read_proxy() {
        std::string text;
        bool skips = false;
        in_.flag("skip_resolve_phase_with_proxy", skips);
        in_.only_off("use_proxy_dns", "it is spelled skip_resolve_phase_with_proxy");
        in_.only_off("proxy_from_environment", "the agent asks its environment for no proxy");
        if (!in_.text("proxy_url", text) || text.empty()) return;
        const auto url = net::parse_url(text);
        if (url && url->has_userinfo) return in_.refuse("proxy_url", "must not contain a user name or password");
        if (!skips) in_.refuse("proxy_url", "needs skip_resolve_phase_with_proxy: true, since the proxy looks the names up");
        draft_.put("/proxy", text, in_.place("proxy_url"));
    }

    void read_redirects() {
        bool follows = true;
        bool does_not = false;
        const bool has_new = in_.flag("follow_redirects", follows);
        const bool has_old = in_.flag("no_follow_redirects", does_not);
        if (has_new && has_old && follows == does_not) in_.refuse("no_follow_redirects", "says the opposite of follow_redirects");
        spec_["follow_redirects"] = has_old ? !does_not : follows;
    }

    void read_answer() {
        read_statuses();
        read_size_limit();
        in_.texts("valid_http_versions", kMostItems, [&](std::string text, const Place& place) {
            if (text != "HTTP/1.0" && text != "HTTP/1.1" && text != "HTTP/2.0")
                return in_.mistakes().add(place.line, fmt::format("\"{}\" must be HTTP/1.0, HTTP/1.1 or HTTP/2.0", place.path));
            demands_.versions.push_back(std::move(text));
        });
        in_.flag("fail_if_ssl", demands_.fail_if_tls);
        in_.flag("fail_if_not_ssl", demands_.fail_if_no_tls);
        bool http2 = true;
        in_.flag("enable_http2", http2);
        spec_["http_version"] = http2 ? "auto" : "1.1";
        in_.only_off("enable_http3", "HTTP/3 is not spoken");
    }

    void read_statuses() {
        std::vector<int> codes;
        in_.texts("valid_status_codes", kMostStatuses, [&](const std::string& text, const Place& place) {
            int code = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
            if (error != std::errc{} || end != text.data() + text.size() || code < 100 || code > 599)
                return in_.mistakes().add(place.line, fmt::format("\"{}\" must be a status from 100 to 599", place.path));
            codes.push_back(code);
        });
        if (codes.empty()) return;
        std::sort(codes.begin(), codes.end());
        std::string ranges;
        for (std::size_t i = 0; i < codes.size();) {
            std::size_t last = i;
            while (last + 1 < codes.size() && codes[last + 1] <= codes[last] + 1) ++last;
            ranges += fmt::format("{}{}", ranges.empty() ? "" : ",", codes[i]);
            if (codes[last] != codes[i]) ranges += fmt::format("-{}", codes[last]);
            i = last + 1;
        }
        draft_.put("/accept_status", ranges, in_.place("valid_status_codes"));
    }

    // `10MB`, of 1024 to the unit, as theirs has it; 0 is no limit there, and ours here.
    void read_size_limit() {
        std::string text;
        if (!in_.text("body_size_limit", text) || text == "0") return;
        std::int64_t size = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
        const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
        const int shift = unit == "B" ? 0 : unit == "KB" || unit == "KiB" ? 10 : unit == "MB" || unit == "MiB" ? 20 : -1;
        if (error != std::errc{} || shift < 0 || size < 1 || size > (kMostBytes >> shift))
            return in_.refuse("body_size_limit", "must be 0 or a size from 1B to 10MB, as 512KB");
        draft_.put("/max_body_bytes", size << shift, in_.place("body_size_limit"));
        demands_.fail_if_cut_off = true;
    }

    void read_body_patterns(const char* key, const char* comparison) {
        in_.texts(key, kMostItems, [&](const std::string& text, const Place& place) {
            draft_.append("/assertions", {{"on", "body"}, {comparison, text}}, place);
        });
    }

    void read_header_patterns(const char* key, const char* comparison) {
        in_.each(key, kMostItems, [&](const YAML::Node& item, const Place& place) {
            YamlMap match(item, place, in_.mistakes());
            std::string header;
            std::string pattern;
            bool may_miss = false;
            if (!match.text("header", header)) match.refuse("header", "is required");
            if (!match.text("regexp", pattern)) match.refuse("regexp", "is required");
            match.flag("allow_missing", may_miss);
            match.finish();
            if (may_miss) demands_.optional_headers.push_back(spec_["assertions"].size());
            draft_.append("/assertions", {{"on", "header"}, {"name", header}, {comparison, pattern}}, place);
        });
    }

    void refuse_others() {
        for (const auto* key : {"fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"})
            in_.unsupported(key, "CEL is not understood; a monitor of kind http has JSONPath assertions");
        in_.unsupported("no_proxy", "a module has its proxy or has none");
        in_.unsupported("proxy_connect_header", "the proxy is told nothing of the module's");
        in_.unsupported("http_headers", "use headers");
    }

    YamlMap& in_;
    const ReadFile& files_;
    Draft& draft_;
    Json& spec_;
    HttpDemands& demands_;
};

}  // namespace

void read_http(YamlMap& in, const ReadFile& files, Draft& draft) { HttpSection(in, files, draft).read(); }

}  // namespace sonde::agent::blackbox
