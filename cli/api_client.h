// The control plane's API, for commands that ask it.
#pragma once

#include <string>

#include "cli/failure.h"
#include "lib/base/secret.h"
#include "lib/json/json.h"

namespace CLI {
class App;
}

namespace sonde::cli {

struct ApiOption {
    std::string api;
    std::string token_file;
    std::string ca_file;
    int usage = kUsage;  // the exit code where something given is missing or wrong
};

// `--api` (or SONDE, or http://127.0.0.1:8600), `--token-file` (or SONDE_TOKEN) and `--ca-file`. The option must outlive the command.
void add_api_options(CLI::App& command, ApiOption& option);

struct ApiAnswer {
    long status = 0;
    std::string body;
};

struct ApiRequest {
    std::string method;  // GET or POST
    std::string url;
    Secret token{};          // bearer; empty for none
    std::string body{};      // JSON
    std::string ca_file{};   // PEM; empty stands for the system's
    long patience_ms = 60'000;
};

// Sends it and waits for the answer. Throws Failure if nobody answers in time.
ApiAnswer send(const ApiRequest& request);

// Where the control plane is that the option names, without a slash at its end.
std::string api_address(const ApiOption& option);

// The token that the option names. Throws Failure if there is none.
Secret api_token(const ApiOption& option);

// To the control plane that the option names, in the name of its token. Throws Failure if there is no token, or nobody answers.
ApiAnswer ask_api(const ApiOption& option, const std::string& method, const std::string& path, const std::string& body, long patience_ms);

// The document of an answer that is well. Throws Failure if it cannot be read.
Json document_of(const ApiAnswer& answer);

// A problem document (RFC 9457) in lines.
std::string refusal(const ApiAnswer& answer);

}  // namespace sonde::cli
