// A module of blackbox_exporter's configuration: what it asks, in our words.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/base/secret.h"
#include "lib/check/kind.h"
#include "lib/check/verdict.h"
#include "lib/json/json.h"
#include "lib/regex/pattern.h"

namespace sonde::agent::blackbox {

enum class Prober : unsigned char { http, tcp, dns, icmp, grpc };

check::Kind kind_of(Prober prober);

// Of a name's addresses the first of the preferred family is contacted and no other; one of the other family only if there is none.
struct Preference {
    bool ipv6 = true;
    bool falls_back = true;
};

// What a module asks of an HTTP answer beyond the spec.
struct HttpDemands {
    bool fail_if_tls = false;
    bool fail_if_no_tls = false;
    bool fail_if_cut_off = false;        // the module bounds the body
    std::vector<std::string> versions;   // `HTTP/1.1`, `HTTP/2.0`; empty: any
    std::string content_encoding;        // that the answer must have; empty: any
    std::vector<std::size_t> optional_headers;  // assertions of the spec, by number, that ask nothing of a header that is not there
};

struct Expression {
    std::string text;
    regex::Pattern pattern;
};

// Of a DNS answer nothing is asked by the spec: the module's demands are other ones.
struct DnsDemands {
    // Of records as `record_text` writes them.
    struct Records {
        std::vector<Expression> none_matches;  // fail_if_matches_regexp: none of the records matches any of these
        std::vector<Expression> all_match;     // fail_if_not_matches_regexp: there are records, and each matches all of these
        std::vector<Expression> one_of;        // fail_if_none_matches_regexp: one record at least matches one of these
    };
    std::vector<std::string> rcodes{"NOERROR"};
    Records answers;
};

// Immutable once read.
struct Module {
    std::string name;
    Prober prober = Prober::http;
    milliseconds timeout{0};  // 0: none of its own
    Preference preference;
    Json spec = Json::object();  // as `check::read_spec` takes it, but for what the target says
    HttpDemands http;
    DnsDemands dns;
    std::vector<Secret> secrets;  // in `spec`, never to be shown
};

struct Modules {
    std::map<std::string, std::shared_ptr<const Module>, std::less<>> by_name;
};

// Whether the value of a header is likely to be a secret: `Authorization`, `X-Api-Key`.
bool is_confidential(const std::string& header);

// The module for people: the spec with secrets left out, and what is asked beyond it.
Json describe(const Module& module);

}  // namespace sonde::agent::blackbox

template <>
struct sonde::EnumNames<sonde::agent::blackbox::Prober> {
    static constexpr std::array<std::string_view, 5> names{"http", "tcp", "dns", "icmp", "grpc"};
};
