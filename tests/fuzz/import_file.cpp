// Files of other monitors, and our own: nothing that is read breaks, and what is written is read back.
#include "cli/files/read.h"
#include "cli/files/write.h"
#include "cli/import/gatus.h"
#include "cli/import/uptime_kuma.h"
#include "tests/fuzz/target.h"

using namespace sonde;
using namespace sonde::cli;

namespace {

void read_again(const import_from::Findings& findings) {
    const auto text = files::write_one(findings.resources, {});
    const auto read = files::read({{"file", text}});
    fuzz::require(read.ok(), "what is written can be read");
    fuzz::require(read->resources.size() == findings.resources.size(), "all of it");
}

}  // namespace

SONDE_FUZZ_TARGET(import_file) {
    const auto text = fuzz::text(data, size);
    if (const auto kuma = import_from::read_uptime_kuma(text)) read_again(*kuma);
    if (const auto gatus = import_from::read_gatus(text, "file")) read_again(*gatus);
    const auto read = files::read({{"file", std::string(text)}});
    if (!read) fuzz::require(read.error().message.starts_with("file:"), "a mistake has its line");
    return 0;
}
