#include "controlplane/status_page/shelf.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "controlplane/status_page/snapshot_json.h"
#include "lib/crypto/crypto.h"
#include "lib/log/log.h"

namespace sonde::status_page {
namespace {

constexpr int kFormat = 1;
constexpr std::string_view kSuffix = ".json";

// A file that is there as a whole, or not at all.
class NewFile {
public:
    explicit NewFile(const std::string& path) : path_(path), fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)) {}
    ~NewFile() {
        if (fd_ >= 0) close(fd_);
        if (!done_) unlink(path_.c_str());
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    bool write(std::string_view text) const {
        while (fd_ >= 0 && !text.empty()) {
            const auto written = ::write(fd_, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        return fd_ >= 0 && fsync(fd_) == 0;
    }
    bool move_to(const std::string& path) { return done_ = std::rename(path_.c_str(), path.c_str()) == 0; }

private:
    const std::string path_;
    const int fd_;
    bool done_ = false;
};

}  // namespace

std::string write_file(StatusPageId id, const Page& page) {
    Json document;
    document["format"] = kFormat;
    document["id"] = id.text();
    document["domain"] = page.host;
    document["access"] = name_of(page.guard.access);
    document["password_hash"] = page.guard.password_hash;
    document["token_digest"] = crypto::base64(page.guard.token_digest);
    document["generation"] = page.guard.generation;
    document["snapshot"] = write_snapshot(page.snapshot);
    return json::dump(document);
}

std::string version_of(std::string_view file) { return crypto::hex(crypto::sha256(file)).substr(0, 32); }

Result<std::pair<StatusPageId, Page>> read_file(std::string_view text) {
    const auto document = json::parse(text, {.bytes = kMostSnapshotBytes, .depth = 16});
    if (!document) return document.error();
    json::Problems problems;
    StatusPageId id;
    Page page;
    int format = 0;
    std::string digest;
    json::Reader in(*document, "", problems);
    in.require({"format", "id", "domain", "access", "password_hash", "token_digest", "generation", "snapshot"});
    in.whole("format", format, kFormat, kFormat);
    in.id("id", id);
    in.text("domain", page.host, {.max = 253});
    in.name("access", page.guard.access);
    in.text("password_hash", page.guard.password_hash, {.max = 500});
    in.text("token_digest", digest, {.max = 64});
    in.whole("generation", page.guard.generation, 1, 1'000'000'000);
    if (const auto* snapshot = in.object("snapshot")) page.snapshot = read_snapshot(*snapshot, "/snapshot", problems);
    in.finish();
    const auto raw = crypto::from_base64(digest);
    if (!raw || (page.guard.access == Access::token && raw->size() != 32)) problems.push_back({"/token_digest", "is no digest"});
    if (!problems.empty()) return Error{fmt::format("is not the file of a status page: {} {}", problems.front().pointer, problems.front().detail)};
    page.guard.token_digest = *raw;
    page.slug = page.snapshot.slug;
    page.version = version_of(text);
    return std::pair{id, std::move(page)};
}

std::vector<std::pair<StatusPageId, Page>> Shelf::read_all() const {
    std::vector<std::pair<StatusPageId, Page>> pages;
    if (directory_.empty()) return pages;
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    for (std::filesystem::directory_iterator it(directory_, error), end; !error && it != end; it.increment(error)) {
        const auto name = it->path().filename().string();
        if (!name.ends_with(kSuffix)) continue;
        std::error_code of_size;
        if (it->file_size(of_size) > kMostSnapshotBytes || of_size) continue;
        std::ifstream file(it->path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        auto page = read_file(text);
        if (page && page->first.text() + std::string(kSuffix) == name) {
            pages.push_back(*std::move(page));
        } else {
            log::warning("status_page_not_read", "file", it->path().string(), "error", page ? "is the file of another page" : page.error().message);
        }
    }
    if (error) log::warning("status_pages_not_read", "directory", directory_, "error", error.message());
    return pages;
}

Status Shelf::put(StatusPageId id, std::string_view file) const {
    if (directory_.empty()) return Done{};
    const auto path = path_of(id);
    NewFile beside(fmt::format("{}.{}", path, getpid()));
    if (beside.write(file) && beside.move_to(path)) return Done{};
    return Error{fmt::format("cannot write {}: {}", path, std::generic_category().message(errno))};
}

void Shelf::remove(StatusPageId id) const {
    if (!directory_.empty()) unlink(path_of(id).c_str());
}

std::string Shelf::path_of(StatusPageId id) const { return fmt::format("{}/{}{}", directory_, id.text(), kSuffix); }

}  // namespace sonde::status_page
