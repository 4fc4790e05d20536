#include "probe-agent/probe/net/hosts_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace sonde::agent {
namespace {

constexpr std::size_t kMaxBytes = 4 << 20;  // block lists of megabytes are met in the wild; beyond, the rest is not read

std::string canonical(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string name(host);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name;
}

std::string_view take_word(std::string_view& line) {
    constexpr std::string_view blank = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    const auto word = line.substr(0, line.find_first_of(blank));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

std::unordered_map<std::string, std::vector<net::Address>> parse_hosts(std::string_view text) {
    std::unordered_map<std::string, std::vector<net::Address>> names;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const auto address = net::Address::parse(take_word(line));
        if (!address) continue;
        for (auto name = take_word(line); !name.empty(); name = take_word(line)) {
            auto& addresses = names[canonical(name)];
            if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) addresses.push_back(*address);
        }
    }
    return names;
}

HostsFile::HostsFile(std::string path) : path_(std::move(path)) {}

const std::vector<net::Address>& HostsFile::find(std::string_view host, MonotonicPoint now) {
    if (looked_ == MonotonicPoint{} || now - looked_ >= seconds{1}) {
        looked_ = now;
        read();
    }
    static const std::vector<net::Address> none;
    static const std::vector<net::Address> local{*net::Address::parse("127.0.0.1"), *net::Address::parse("::1")};
    const auto name = canonical(host);
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    return name == "localhost" || name.ends_with(".localhost") ? local : none;
}

void HostsFile::read() {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
        names_.clear();
        changed_ = {};
        return;
    }
    if (status.st_mtim.tv_sec == changed_.tv_sec && status.st_mtim.tv_nsec == changed_.tv_nsec) return;
    std::ifstream file(path_, std::ios::binary);
    if (!file) return;
    std::string text;
    text.resize(std::min(static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)), kMaxBytes));
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    names_ = parse_hosts(text);
    changed_ = status.st_mtim;
}

}  // namespace sonde::agent
