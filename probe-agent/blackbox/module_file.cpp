#include "probe-agent/blackbox/module_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "lib/check/spec.h"
#include "probe-agent/blackbox/draft.h"
#include "probe-agent/blackbox/errand.h"

namespace sonde::agent::blackbox {
namespace {

constexpr milliseconds kLongest{120'000};
constexpr std::size_t kLongestName = 200;

Result<std::string> read_file(const std::string& path) {
    const auto failed = [] { return Error{fmt::format("cannot be read: {}", std::generic_category().message(errno))}; };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(std::fopen(path.c_str(), "re"), &std::fclose);
    if (!opened) return failed();
    std::string text(kMaxFileBytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), opened.get()));
    if (std::ferror(opened.get()) != 0) return failed();
    if (text.size() > kMaxFileBytes) return Error{fmt::format("names a file of more than {} bytes", kMaxFileBytes)};
    return text;
}

// The section of the module's own prober; nothing would look at those of others.
void read_section(YamlMap& in, const ReadFile& files, Draft& draft) {
    for (std::size_t i = 0; i < EnumNames<Prober>::names.size(); ++i) {
        const auto section = EnumNames<Prober>::names.at(i);
        if (static_cast<Prober>(i) == draft.module.prober) continue;
        in.unsupported(section, fmt::format("the prober is {}", name_of(draft.module.prober)));
    }
    const auto read = [&](YamlMap& section) {
        switch (draft.module.prober) {
            case Prober::http: return read_http(section, files, draft);
            case Prober::tcp: return read_tcp(section, files, draft);
            case Prober::dns: return read_dns(section, draft);
            case Prober::icmp: return read_icmp(section, draft);
            case Prober::grpc: return read_grpc(section, files, draft);
        }
    };
    const auto section = name_of(draft.module.prober);
    if (in.group(section, read)) return;
    YamlMap nothing(YAML::Node(), in.place(section), in.mistakes());
    read(nothing);
}

// The specs' own validator has the last word.
void check_spec(const Draft& draft, const Place& section, Mistakes& mistakes) {
    const auto spec = sample_spec(draft.module);
    if (spec) return;
    for (const auto& problem : spec.error()) {
        const auto& where = draft.origin(problem.pointer, section);
        mistakes.add(where.line, fmt::format("\"{}\" {}", where.path, problem.detail));
    }
}

std::shared_ptr<const Module> read_module(const std::string& name, const YAML::Node& node, const Place& place, const ReadFile& files, Mistakes& mistakes) {
    Draft draft;
    draft.module.name = name;
    YamlMap in(node, place, mistakes);
    const auto before = mistakes.count();
    std::string prober;
    if (!in.text("prober", prober)) {
        in.refuse("prober", "is required");
        return nullptr;
    }
    const auto known = from_name<Prober>(prober);
    if (!known) {
        in.refuse("prober", fmt::format("must be one of {}", fmt::join(EnumNames<Prober>::names, ", ")));
        return nullptr;
    }
    draft.module.prober = *known;
    in.duration("timeout", draft.module.timeout, milliseconds{0}, kLongest);
    read_section(in, files, draft);
    in.finish();
    if (mistakes.count() == before) check_spec(draft, in.place(prober), mistakes);
    return std::make_shared<const Module>(std::move(draft.module));
}

}  // namespace

Result<std::shared_ptr<const Modules>> read_modules(std::string_view text, const std::string& name, const ReadFile& files) {
    Mistakes mistakes(name);
    if (text.size() > kMaxFileBytes) {
        mistakes.add(1, fmt::format("the file has more than {} bytes", kMaxFileBytes));
        return mistakes.error();
    }
    auto modules = std::make_shared<Modules>();
    try {
        YamlMap root(YAML::Load(std::string(text)), {"", 1}, mistakes);
        root.entries("modules", kMostModules, [&](const std::string& module, const YAML::Node& node, const Place& place) {
            if (module.empty() || module.size() > kLongestName) return mistakes.add(place.line, "the name of a module must have 1 to 200 bytes");
            modules->by_name[module] = read_module(module, node, place, files, mistakes);
        });
        if (!root.has("modules")) mistakes.add(1, "\"modules\" is required");
        root.finish();
    } catch (const YAML::Exception& error) {
        mistakes.add(error.mark.line >= 0 ? error.mark.line + 1 : 1, "is not YAML: " + error.msg);
    }
    if (mistakes.count() > 0) return mistakes.error();
    return std::shared_ptr<const Modules>(std::move(modules));
}

Result<std::shared_ptr<const Modules>> load_modules(const std::string& file) {
    const auto text = read_file(file);
    if (!text) return Error{fmt::format("{}: {}", file, text.error().message)};
    const auto directory = std::filesystem::path(file).parent_path();
    return read_modules(*text, file, [&](const std::string& path) { return read_file((directory / path).string()); });
}

}  // namespace sonde::agent::blackbox
