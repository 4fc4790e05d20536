#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/check/report.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "cli/input.h"
#include "lib/base/duration.h"
#include "lib/check/judge.h"
#include "lib/check/redactor.h"
#include "lib/check/secrets.h"
#include "lib/check/spec.h"
#include "lib/check/time_needed.h"
#include "lib/net/guard.h"
#include "probe-agent/probe/run_once.h"

namespace sonde::cli {
namespace {

struct CheckArguments {
    std::string url;
    std::string spec_file;
    std::string kind = "http";
    std::string method = "GET";
    std::vector<std::string> headers;
    std::string body;
    std::string accept_status;
    bool no_redirects = false;
    bool no_verify = false;
    std::string timeout = "10s";
    std::vector<std::string> allow;
    std::string ca_file;
    std::vector<std::string> secrets;
};

// The document a monitor's `spec` would be, so that the command line is held to the same rules as the API.
Json document_of(const CheckArguments& arguments) {
    Json document{{"url", arguments.url}, {"method", arguments.method}, {"follow_redirects", !arguments.no_redirects}, {"tls_verify", !arguments.no_verify}};
    if (!arguments.body.empty()) document["body"] = arguments.body;
    if (!arguments.accept_status.empty()) document["accept_status"] = arguments.accept_status;
    for (const auto& header : arguments.headers) {
        const auto colon = header.find(':');
        if (colon == std::string::npos) throw Failure{"a header is written `Name: value`, not `" + header + "`", kUsage};
        const auto value = header.find_first_not_of(' ', colon + 1);
        document["headers"][header.substr(0, colon)] = value == std::string::npos ? "" : header.substr(value);
    }
    return document;
}

Json document_in(const std::string& file) {
    auto document = json::parse(read_input(file));
    if (!document) throw Failure{file + ": " + document.error().message, kUsage};
    return *std::move(document);
}

// From files, since everybody on a machine can read command lines. A line's end at the end of a file is not part of the value.
check::Secrets secrets_of(const CheckArguments& arguments) {
    check::Secrets secrets;
    for (const auto& secret : arguments.secrets) {
        const auto equals = secret.find('=');
        const auto name = secret.substr(0, equals);
        if (equals == std::string::npos || !check::is_secret_name(name)) throw Failure{"a secret is written NAME=FILE, not " + secret, kUsage};
        auto value = read_input(secret.substr(equals + 1));
        if (value.ends_with('\n')) value.pop_back();
        if (const auto wrong = check::wrong_with_secret(value); !wrong.empty()) throw Failure{"the secret " + name + " " + wrong, kUsage};
        secrets.insert_or_assign(name, Secret(std::move(value)));
    }
    return secrets;
}

int run_check(const CheckArguments& arguments) {
    if (arguments.url.empty() == arguments.spec_file.empty()) throw Failure{"name either a URL or a --spec", kUsage};
    const auto kind = from_name<check::Kind>(arguments.kind);
    if (!kind) throw Failure{"--kind: there is no kind of check named " + arguments.kind, kUsage};
    if (*kind != check::Kind::http && arguments.spec_file.empty()) throw Failure{"a check of kind " + arguments.kind + " needs a --spec", kUsage};
    const auto timeout = parse_duration(arguments.timeout);
    if (!timeout || *timeout < milliseconds{100} || *timeout > milliseconds{120'000}) throw Failure{"--timeout must be from 100ms to 2m", kUsage};
    const auto guard = net::make_guard(arguments.allow, {});
    if (!guard) throw Failure{"--allow: " + guard.error().message, kUsage};
    const auto secrets = secrets_of(arguments);
    const check::Redactor redact(secrets);
    const auto document = arguments.spec_file.empty() ? document_of(arguments) : document_in(arguments.spec_file);
    json::Problems problems;
    const auto spec = check::read_spec(*kind, check::substitute(document, secrets, "", problems), "");
    if (!spec) problems.insert(problems.end(), spec.error().begin(), spec.error().end());
    if (!problems.empty()) {
        std::string text = "the check is not valid:";
        for (const auto& problem : problems) text += "\n  " + (problem.pointer.empty() ? "/" : problem.pointer) + ": " + redact(problem.detail);
        throw Failure{text, kUsage};
    }
    if (const auto needed = check::time_needed(*spec); needed >= *timeout) throw Failure{fmt::format("--timeout must be above the {} ms that the spec asks for", needed.count()), kUsage};
    const auto done = agent::run_once(*spec, *timeout, *guard, arguments.ca_file);
    auto report = check_command::report(done.observation, done.judgement);
    redact.apply(report);
    std::printf("%s\n", json::dump_pretty(report).c_str());
    if (done.judgement.cause == check::FailureClass::blocked_address) {
        std::fprintf(stderr, "Addresses that are private or special are refused unless named with --allow, as 127.0.0.0/8\n");
    }
    return check_command::exit_code(done.judgement.verdict);
}

}  // namespace

void add_check(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("check", "Run one check here and print what was seen and what it means, as JSON");
    command->footer("Exit code: 0 up, 1 down, 2 wrong usage, 3 it could not be found out.");
    const auto arguments = std::make_shared<CheckArguments>();
    auto* url = command->add_option("url", arguments->url, "an absolute http or https URL");
    command->add_option("--spec", arguments->spec_file, "a file with a monitor's `spec` as JSON, instead of a URL; - is standard input")->excludes(url);
    command->add_option("--kind", arguments->kind, "the kind of check that the --spec is of")->capture_default_str();
    command->add_option("--method", arguments->method, "GET, POST or any other")->capture_default_str();
    command->add_option("--header,-H", arguments->headers, "`Name: value`; may be repeated")->allow_extra_args(false);
    command->add_option("--body", arguments->body, "not with HEAD");
    command->add_option("--accept-status", arguments->accept_status, "as 200-299,301");
    command->add_flag("--no-redirects", arguments->no_redirects, "judge the first answer");
    command->add_flag("--no-verify", arguments->no_verify, "take any certificate");
    command->add_option("--timeout", arguments->timeout, "for all of it")->capture_default_str();
    command->add_option("--allow", arguments->allow, "a private or special network that may be reached; may be repeated")->allow_extra_args(false);
    command->add_option("--secret", arguments->secrets, "NAME=FILE: what {{secrets.NAME}} in the spec stands for; may be repeated")->allow_extra_args(false);
    command->add_option("--ca-file", arguments->ca_file, "certificates (PEM) to verify with, instead of the system's");
    command->callback([&run, arguments] { run = [arguments] { return run_check(*arguments); }; });
}

}  // namespace sonde::cli
