#include "cli/import/blackbox.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/base/duration.h"
#include "lib/config/tree.h"
#include "probe-agent/blackbox/errand.h"
#include "probe-agent/blackbox/module_file.h"

namespace sonde::cli::import_from {
namespace {

namespace blackbox = agent::blackbox;

std::optional<std::int64_t> prometheus_duration(const std::string& text, std::vector<std::string>& notes) {
    if (text.empty()) return std::nullopt;
    if (const auto duration = parse_duration(text)) return duration->count();
    notes.push_back("`" + text + "` is no duration that could be taken over");
    return std::nullopt;
}

// The values of secrets are in the modules' file, and not written.
void hide_secrets(Json& set) {
    const auto before = set["spec"];
    if (before.value("tls_key", Json("")) != "") {
        auto reference = secret_reference(set, "TLS_KEY");
        set["spec"]["tls_key"] = std::move(reference);
    }
    const auto auth = before.value("auth", Json::object());
    for (const auto& [name, secret] : {std::pair{"password", "PASSWORD"}, std::pair{"token", "TOKEN"}, std::pair{"client_secret", "CLIENT_SECRET"}}) {
        if (auth.value(name, Json("")) == "") continue;
        auto reference = secret_reference(set, secret);
        set["spec"]["auth"][name] = std::move(reference);
    }
    for (const auto* map : {"headers", "metadata"}) {
        if (!set["spec"].contains(map)) continue;
        const auto fields = set["spec"][map];
        for (const auto& [name, value] : fields.items()) {
            if (!blackbox::is_confidential(name)) continue;
            std::string secret = "HEADER_";
            for (const char c : name) secret += c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
            auto reference = secret_reference(set, secret.substr(0, 64));
            set["spec"][map][name] = std::move(reference);
        }
    }
}

// What the exporter's module asks and no spec can.
void tell_demands(const blackbox::Module& module, std::vector<std::string>& notes) {
    const auto& http = module.http;
    if (http.fail_if_tls) notes.emplace_back("fail_if_ssl is not taken over");
    if (http.fail_if_no_tls) notes.emplace_back("fail_if_not_ssl is not taken over");
    if (!http.versions.empty()) notes.emplace_back("valid_http_versions is not taken over");
    if (!http.content_encoding.empty()) notes.emplace_back("the demand of a content encoding is not taken over");
    if (!http.optional_headers.empty()) notes.emplace_back("allow_missing is not taken over: a header that is not there fails");
    const auto& answers = module.dns.answers;
    if (!answers.none_matches.empty() || !answers.all_match.empty() || !answers.one_of.empty()) {
        notes.emplace_back("validate_answer_rrs is not taken over: write `answers`, in the form of docs/checks.md");
    }
    if (!module.preference.falls_back) notes.emplace_back("ip_protocol_fallback: false is not taken over");
}

// The check of one target, as far as the target decides it. False if they do not fit, with why as the last note.
bool aim_at(const std::shared_ptr<const blackbox::Module>& module, const std::string& target, const std::string& hostname, Json& set, std::vector<std::string>& notes) {
    const auto errand = blackbox::make_errand(module, target, hostname);
    if (!errand) {
        notes.push_back(errand.error().message);
        return false;
    }
    set["kind"] = name_of(blackbox::kind_of(module->prober));
    set["spec"] = errand->spec;
    auto& spec = set["spec"];
    switch (module->prober) {
        case blackbox::Prober::http: break;
        case blackbox::Prober::dns:
            if (net::Address::parse(errand->host)) {
                spec["server"] = errand->port == 53 ? errand->host : net::with_port(*net::Address::parse(errand->host), errand->port);
            } else {
                notes.push_back(fmt::format("the name server {} has to be an address", errand->host));
                return false;
            }
            if (!module->dns.rcodes.empty() && module->dns.rcodes.front() != "NOERROR") spec["rcode"] = module->dns.rcodes.front();
            if (module->dns.rcodes.size() > 1) notes.emplace_back("of valid_rcodes only the first is taken over");
            break;
        case blackbox::Prober::tcp:
        case blackbox::Prober::icmp:
        case blackbox::Prober::grpc: spec["host"] = errand->host; break;
    }
    tell_demands(*module, notes);
    hide_secrets(set);
    return true;
}

class Scraping {
public:
    Scraping(const blackbox::Modules& modules, Findings& findings) : modules_(modules), findings_(findings) {}

    void job(const Json& item, const std::string& usual_interval, const std::string& usual_timeout) {
        Fields fields(item);
        const auto name = fields.text("job_name");
        const auto path = fields.text("metrics_path");
        if (!path.ends_with("/probe")) {
            findings_.left_out.push_back(fmt::format("job \"{}\": it scrapes {}, and not /probe", name, path.empty() ? "/metrics" : path));
            return;
        }
        std::vector<std::string> of_job;
        auto interval = fields.text("scrape_interval");
        auto timeout = fields.text("scrape_timeout");
        if (interval.empty()) interval = usual_interval;
        if (timeout.empty()) timeout = usual_timeout;
        std::string module;
        std::string hostname;
        if (const auto* params = fields.take("params"); params != nullptr) {
            Fields of(*params);
            module = first_of(of.take("module"));
            hostname = first_of(of.take("hostname"));
            of.pass_over({"target", "debug"});
            of.tell_the_rest(of_job);
        }
        tell_relabelling(fields.take("relabel_configs"), of_job);
        const auto* groups = fields.take("static_configs");
        fields.pass_over({"honor_labels", "honor_timestamps", "scheme"});
        fields.tell_the_rest(of_job);
        for (const auto& note : of_job) findings_.left_out.push_back(fmt::format("job \"{}\": {}", name, note));
        if (groups == nullptr || !groups->is_array()) {
            findings_.left_out.push_back(fmt::format("job \"{}\": it has no static_configs, and what it discovers is not known here", name));
            return;
        }
        for (const auto& group : *groups) targets(group, name, module, hostname, interval, timeout);
    }

private:
    static std::string first_of(const Json* list) {
        if (list == nullptr) return {};
        if (list->is_string()) return *list;
        return list->is_array() && !list->empty() && list->front().is_string() ? list->front().get<std::string>() : std::string{};
    }

    // What everybody writes for this exporter, and `__param_module` taken from a label, is understood.
    static void tell_relabelling(const Json* rules, std::vector<std::string>& notes) {
        if (rules == nullptr || !rules->is_array()) return;
        for (const auto& rule : *rules) {
            Fields fields(rule);
            const auto target = fields.text("target_label");
            if (target == "__param_target" || target == "instance" || target == "__address__" || target == "__param_module") continue;
            notes.push_back("the rule `" + shown(rule) + "` of relabel_configs is not taken over");
        }
    }

    void targets(const Json& group, const std::string& job, const std::string& usual_module, const std::string& hostname, const std::string& interval, const std::string& timeout) {
        Fields fields(group);
        const auto* list = fields.take("targets");
        auto module = usual_module;
        std::vector<std::string> tags;
        if (const auto* labels = fields.take("labels"); labels != nullptr && labels->is_object()) {
            for (const auto& [label, value] : labels->items()) {
                const auto text = value.is_string() ? value.get<std::string>() : json::dump(value);
                if (label == "module" || label == "__param_module") {
                    module = text;
                } else if (label.size() + text.size() < 64) {
                    tags.push_back(label + ':' + text);
                } else {
                    findings_.left_out.push_back(fmt::format("job \"{}\": the label {} is too long for a tag", job, label));
                }
            }
        }
        if (module.empty()) module = "http_2xx";  // the exporter's own
        const auto known = modules_.by_name.find(module);
        if (known == modules_.by_name.end()) {
            findings_.left_out.push_back(fmt::format("job \"{}\": there is no module \"{}\"", job, module));
            return;
        }
        if (list == nullptr || !list->is_array()) return;
        for (const auto& target : *list) one(target.is_string() ? target.get<std::string>() : json::dump(target), known->second, job, hostname, interval, timeout, tags);
    }

    void one(const std::string& target, const std::shared_ptr<const blackbox::Module>& module, const std::string& job, const std::string& hostname,
             const std::string& interval, const std::string& timeout, const std::vector<std::string>& tags) {
        std::vector<std::string> notes;
        Json set{{"name", module->prober == blackbox::Prober::dns ? fmt::format("{} at {}", module->name, target) : target}};
        if (!aim_at(module, target, hostname, set, notes)) {
            findings_.left_out.push_back(fmt::format("job \"{}\", target {}: {}", job, target, notes.back()));
            return;
        }
        const auto most = prometheus_duration(timeout, notes);
        const auto own = module->timeout.count() > 0 ? std::optional(static_cast<std::int64_t>(module->timeout.count())) : std::nullopt;
        set_times(set, prometheus_duration(interval, notes), own && most ? std::min(own, most) : own ? own : most, notes);
        if (!tags.empty()) set["tags"] = tags;
        findings_.add_monitor(findings_.site(job.empty() ? "Prometheus" : job), std::move(set), std::move(notes));
    }

    const blackbox::Modules& modules_;
    Findings& findings_;
};

}  // namespace

Result<Findings> read_blackbox(const std::string& modules, std::string_view prometheus, const std::string& name) {
    const auto read = blackbox::load_modules(modules);
    if (!read) return read.error();
    const auto trees = config::read_trees(prometheus, name, config::Variables::keep);
    if (!trees) return trees.error();
    const auto no_list = [&] { return Error{name + ": is no configuration of Prometheus: it has no list `scrape_configs`"}; };
    if (trees->size() != 1 || !trees->front().value.is_object()) return no_list();
    const auto& document = trees->front().value;
    const auto jobs = document.find("scrape_configs");
    if (jobs == document.end() || !jobs->is_array()) return no_list();
    Findings findings;
    const Json nothing = Json::object();
    const auto global = document.find("global");
    Fields usual(global == document.end() ? nothing : *global);
    const auto interval = usual.text("scrape_interval");
    const auto timeout = usual.text("scrape_timeout");
    Scraping scraping(**read, findings);
    for (const auto& job : *jobs) scraping.job(job, interval, timeout.empty() ? "10s" : timeout);
    Fields root(document);
    root.pass_over({"scrape_configs", "global"});
    root.tell_the_rest(findings.left_out);
    return findings;
}

}  // namespace sonde::cli::import_from
