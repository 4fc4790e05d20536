#include "tests/integration/agent/exporter.h"

#include <charconv>
#include <regex>
#include <set>
#include <stdexcept>

namespace sonde::test {
namespace {

std::string sorted(const std::string& labels) {
    static const std::regex one(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$))re");
    std::map<std::string, std::string> found;
    auto at = labels.cbegin();
    std::smatch match;
    while (at != labels.cend()) {
        if (!std::regex_search(at, labels.cend(), match, one, std::regex_constants::match_continuous)) throw std::runtime_error("no labels: " + labels);
        if (!found.emplace(match[1], match[2]).second) throw std::runtime_error("a label is there twice: " + labels);
        at = match.suffix().first;
    }
    std::string text;
    for (const auto& [name, value] : found) text += (text.empty() ? "" : ",") + name + "=\"" + value + "\"";
    return text;
}

double number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) throw std::runtime_error("no number: " + text);
    return value;
}

}  // namespace

std::map<std::string, double> read_series(const std::string& text) {
    static const std::regex sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+))");
    static const std::regex type(R"(# TYPE (\S+) gauge)");
    std::map<std::string, double> series;
    std::set<std::string> ended;
    std::string family;
    if (!text.ends_with('\n')) throw std::runtime_error("the last line has no end");
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        const auto line = text.substr(at, end - at);
        at = end + 1;
        std::smatch match;
        if (line.starts_with("# HELP ")) continue;
        if (std::regex_match(line, match, type)) {
            if (!ended.insert(match[1]).second) throw std::runtime_error("a family is there twice: " + line);
            family = match[1];
        } else if (!std::regex_match(line, match, sample) || match[1] != family) {
            throw std::runtime_error("no sample of the family " + family + ": " + line);
        } else {
            const auto name = match[2].matched ? match[1].str() + '{' + sorted(match[2]) + '}' : match[1].str();
            if (!series.emplace(name, number(match[3])).second) throw std::runtime_error("a series is there twice: " + line);
        }
    }
    return series;
}

Exporter::Exporter(const std::string& modules, agent::blackbox::EndpointOptions options, std::vector<std::string> name_servers)
    : resolver_(loop_, names(std::move(name_servers))),
      probes_(loop_, resolver_, {.user_agent = "Sonde/test", .ca_file = ""}, *net::make_guard({"127.0.0.0/8", "::1"}, {"127.0.0.66"})),
      scrapes_(loop_, probes_.network(), probes_),
      endpoint_(loop_, scrapes_, with_modules(std::move(options), modules), registry_),
      thread_([this] { loop_.run(); }) {
    endpoint_.add_routes(router_);
    server_ = std::make_unique<http::Server>(http::ServerOptions{}, router_, registry_);
}

Exporter::~Exporter() { stop(); }

void Exporter::stop() {
    if (!thread_.joinable()) return;
    endpoint_.close();
    loop_.post([this] { scrapes_.close(); });
    loop_.stop();
    thread_.join();
    server_.reset();
}

agent::Resolver::Options Exporter::names(std::vector<std::string> name_servers) {
    agent::Resolver::Options options;
    options.servers = std::move(name_servers);
    options.hosts_file = directory_.path() + "/hosts";
    std::ofstream(options.hosts_file) << "127.0.0.1 good.test\n127.0.0.66 blocked.test\n";
    return options;
}

agent::blackbox::EndpointOptions Exporter::with_modules(agent::blackbox::EndpointOptions options, const std::string& modules) {
    options.modules_file = modules_file();
    write_modules(modules);
    return options;
}

RawAnswer Exporter::request(const std::string& head) {
    RawClient client(port());
    client.send(head);
    return client.receive(head.starts_with("HEAD"));
}

RawAnswer Exporter::ask(const std::string& query, const std::string& headers) { return request("GET /probe?" + query + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n"); }

std::map<std::string, double> Exporter::probe(const std::string& query, const std::string& headers) {
    const auto answer = ask(query, headers);
    if (answer.status != 200) throw std::runtime_error("status " + std::to_string(answer.status) + ": " + answer.body);
    return read_series(answer.body);
}

}  // namespace sonde::test
