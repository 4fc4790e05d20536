#include "cli/join/join.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "lib/admission/claims.h"
#include "lib/admission/id.h"
#include "lib/message/subject.h"

namespace sonde::cli::join {
namespace {

constexpr std::size_t kMostUrls = 16;

// Letters that mean nothing to YAML between double quotes, nor to whoever reads a token.
bool is_plain(const std::string& text) {
    return !text.empty() && text.size() <= 4096 && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '$'; });
}

std::string text_at(const Json& document, const char* object, const char* field) {
    const auto found = document.find(object);
    if (found == document.end() || !found->is_object()) return {};
    const auto value = found->find(field);
    return value != found->end() && value->is_string() ? value->get<std::string>() : std::string{};
}

}  // namespace

Result<Welcome> read_welcome(std::string_view answer) {
    const auto document = json::parse(answer);
    if (!document || !document->is_object()) return Error{"the answer is no JSON object"};
    Welcome welcome{text_at(*document, "agent", "id"), text_at(*document, "agent", "name"), text_at(*document, "agent", "region"), {}, text_at(*document, "nats", "ca"), {}};
    if (!AgentId::parse(welcome.id) || !is_plain(welcome.name) || !message::subject::is_region_name(welcome.region)) return Error{"the answer names no agent"};
    const auto nats = document->find("nats");
    const auto urls = nats != document->end() && nats->is_object() ? nats->value("urls", Json::array()) : Json::array();
    if (!urls.is_array() || urls.empty() || urls.size() > kMostUrls) return Error{"the answer names no NATS server"};
    for (const auto& url : urls) {
        if (!url.is_string() || !is_plain(url.get<std::string>())) return Error{"the answer names a NATS server by what is no URL"};
        welcome.urls.push_back(url.get<std::string>());
    }
    const auto credential = document->find("credential");
    if (credential == document->end() || !credential->is_string() || !is_plain(credential->get<std::string>())) return Error{"the answer holds no credential"};
    welcome.credential = credential->get<std::string>();
    return welcome;
}

std::string configuration(const Welcome& welcome, const Files& files) {
    std::string urls;
    for (const auto& url : welcome.urls) urls += (urls.empty() ? "\"" : ", \"") + url + "\"";
    auto text = fmt::format(R"(# Agent {0}, which joined the region {1}. Yours to edit; all keys: sonde-agent --config-reference
region: "{1}"
name: "{2}"
listen:
  address: 127.0.0.1
  port: 0
nats:
  urls: [{3}]
  credentials_file: "{4}"
)",
                            welcome.id, welcome.region, welcome.name, urls, files.credentials().string());
    if (!welcome.authorities.empty()) text += fmt::format("  ca_file: \"{}\"\n", files.authorities().string());
    text += fmt::format(R"(spool:
  directory: "{}"
guard:
  # Private, loopback and other special addresses are refused, unless they are named here.
  allow: []
  deny: []
)",
                        files.spool().string());
    return text;
}

crypto::SigningKey key_in(const Files& files, bool fresh) {
    if (::mkdir(files.directory.c_str(), 0700) != 0 && errno != EEXIST) {
        throw Failure{"cannot make the directory " + files.directory.string() + ": " + std::strerror(errno)};
    }
    if (const auto text = fresh ? std::nullopt : up::read_file(files.seed())) {
        const auto key = admission::read_seed(admission::KeyKind::user, text->substr(0, text->find('\n')));
        if (!key) throw Failure{files.seed().string() + " holds no key of a NATS user; remove it, or give --new-key"};
        return *key;
    }
    const auto key = crypto::SigningKey::random();
    up::write_file(files.seed(), admission::seed_text(admission::KeyKind::user, key).reveal() + "\n");
    return key;
}

void keep(const Files& files, const Welcome& welcome, const crypto::SigningKey& key) {
    up::write_file(files.credentials(), admission::credentials(welcome.credential, admission::seed_text(admission::KeyKind::user, key)).reveal());
    if (!welcome.authorities.empty()) up::write_file(files.authorities(), welcome.authorities, 0644);
    std::error_code failed;
    std::filesystem::create_directories(files.spool(), failed);
    if (failed) throw Failure{"cannot make the directory " + files.spool().string() + ": " + failed.message()};
    const auto present = up::read_file(files.config());
    if (present && present->find(welcome.id) != std::string::npos) return;
    if (present) {
        std::filesystem::rename(files.config(), files.config().string() + ".old", failed);
        if (failed) throw Failure{"cannot put " + files.config().string() + " aside: " + failed.message()};
    }
    // Last: who starts an agent by it finds all that it names.
    up::write_file(files.config(), configuration(welcome, files));
}

}  // namespace sonde::cli::join
