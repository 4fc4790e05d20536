// Module files in blackbox_exporter's format: what is taken can be run, whatever the file is.
#include "probe-agent/blackbox/errand.h"
#include "probe-agent/blackbox/module_file.h"
#include "tests/fuzz/target.h"

using namespace sonde;
using namespace sonde::agent::blackbox;

namespace {

// No file of this machine is read.
Result<std::string> read_no_disk(const std::string& path) {
    if (path.size() % 2 == 0) return Error{"cannot be read"};
    return path + " in a file";
}

const char* target_for(Prober prober) {
    switch (prober) {
        case Prober::http: return "https://a.test/";
        case Prober::tcp:
        case Prober::grpc: return "a.test:1";
        case Prober::dns:
        case Prober::icmp: return "a.test";
    }
    return "";
}

}  // namespace

SONDE_FUZZ_TARGET(blackbox_modules) {
    const auto modules = read_modules(fuzz::text(data, size), "file", read_no_disk);
    if (!modules) {
        fuzz::require(modules.error().message.starts_with("file:"), "a mistake has its line");
        return 0;
    }
    for (const auto& [name, module] : (*modules)->by_name) {
        fuzz::require(name == module->name, "a module has its name");
        const auto errand = make_errand(module, target_for(module->prober), "");
        fuzz::require(errand.ok(), "a module that was taken can be asked for");
        const auto address = net::Address::parse("192.0.2.1");
        fuzz::require(aim(*errand, errand->host.empty() ? std::nullopt : address, milliseconds{1000}).ok(), "and run");
        const auto shown = json::dump(describe(*module));
        fuzz::require(!module->spec.contains("auth") || module->spec["auth"].value("token", "").empty() || shown.find("\"token\":\"***\"") != std::string::npos,
                      "a token is not shown");
    }
    return 0;
}
