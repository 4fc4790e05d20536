#include "controlplane/status_page/serve/answers.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "controlplane/status_page/serve/gzip.h"
#include "lib/crypto/crypto.h"
#include "lib/log/log.h"

namespace sonde::status_page::serve {
namespace {

constexpr metrics::Family kAnswers{"sonde_status_page_answers_total",
                                   "Documents of status pages that were asked for: kept from before, made, not there, refused for too much of the client's to be made, or of all, failed."};
constexpr metrics::Family kSeconds{"sonde_status_page_answer_seconds", "How long it took to make a document of a status page and to pack it."};
constexpr metrics::Family kBytes{"sonde_status_page_answer_bytes", "Documents of status pages in memory."};

AnswerPtr answer_of(Document document) {
    Answer answer;
    answer.content_type = document.content_type;
    answer.policy = std::move(document.policy);
    answer.digest = crypto::hex(crypto::sha256(document.body)).substr(0, 16);
    const bool is_packed = document.content_type == "image/png";
    if (auto packed = is_packed ? std::string() : gzip(document.body); !packed.empty() && packed.size() < document.body.size()) answer.gzip = std::make_shared<const std::string>(std::move(packed));
    answer.plain = std::make_shared<const std::string>(std::move(document.body));
    return std::make_shared<const Answer>(std::move(answer));
}

std::size_t size_of(const Answers::Key& key, const Answer& answer) {
    constexpr std::size_t kOfItself = 512;
    return kOfItself + key.host.size() + key.document.size() + answer.policy.size() + answer.plain->size() + (answer.gzip ? answer.gzip->size() : 0);
}

}  // namespace

Answers::Answers(std::size_t bytes, metrics::Registry& metrics)
    : bytes_(bytes), seconds_(metrics.histogram(kSeconds, metrics::kSecondsBounds)), kept_bytes_gauge_(metrics.gauge(kBytes)) {
    for (const auto name : EnumNames<Made>::names) counters_.push_back(&metrics.counter(kAnswers, {{"outcome", std::string(name)}}));
    thread_ = std::thread([this] { run(); });
}

Answers::~Answers() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    thread_.join();
    for (auto& [key, unmade] : unmade_) {
        for (const auto& take : unmade.takers) take(nullptr, Made::busy);
    }
}

void Answers::count(Made outcome) { counters_.at(static_cast<std::size_t>(outcome))->add(); }

void Answers::ask(const Key& key, const std::string& client, Make make, Take take) {
    AnswerPtr found;
    auto outcome = Made::busy;
    {
        const std::scoped_lock lock(mutex_);
        forget_others(key);
        note_host(key);
        if (const auto place = places_.find(key); place != places_.end()) {
            kept_.splice(kept_.begin(), kept_, place->second);
            found = place->second->answer;
            outcome = Made::kept;
        } else if (const auto waiting = unmade_.find(key); waiting != unmade_.end()) {
            return waiting->second.takers.push_back(std::move(take));
        } else if (unmade_.size() < kMostUnmade && !stopping_) {
            auto& queue = queues_[client];
            if (queue.size() < kMostUnmadeOfClient) {
                auto& unmade = unmade_[key];
                unmade.make = std::move(make);
                unmade.takers.push_back(std::move(take));
                if (queue.empty()) turns_.push_back(client);
                queue.push_back(key);
                return wakes_.notify_one();
            }
            outcome = Made::limited;
        }
    }
    count(outcome);
    take(found, outcome);
}

// Of the client whose turn it is.
Answers::Key Answers::next() {
    auto client = std::move(turns_.front());
    turns_.pop_front();
    const auto queue = queues_.find(client);
    auto key = std::move(queue->second.front());
    queue->second.pop_front();
    if (queue->second.empty()) {
        queues_.erase(queue);
    } else {
        turns_.push_back(std::move(client));
    }
    return key;
}

void Answers::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wakes_.wait(lock, [this] { return stopping_ || !turns_.empty(); });
        if (stopping_) return;
        const auto key = next();
        const auto make = unmade_.at(key).make;
        lock.unlock();
        AnswerPtr answer;
        auto outcome = Made::none;
        const auto began = std::chrono::steady_clock::now();
        try {
            if (auto document = make()) {
                answer = answer_of(std::move(*document));
                outcome = Made::made;
            }
        } catch (const std::exception& error) {
            outcome = Made::failed;
            log::error("status_page_answer_failed", "page", key.page, "document", key.document, "error", error.what());
        }
        seconds_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
        lock.lock();
        const auto unmade = unmade_.extract(key);
        if (answer) keep(key, answer);
        lock.unlock();
        for (const auto& take : unmade.mapped().takers) {
            count(outcome);
            take(answer, outcome);
        }
        lock.lock();
    }
}

// One that was made while its page became another, or its host was forgotten, is for those who waited alone.
void Answers::keep(const Key& key, const AnswerPtr& answer) {
    const auto bytes = size_of(key, *answer);
    if (bytes > bytes_ || versions_[key.page] != key.version) return;
    const auto& hosts = hosts_[key.page];
    if (!key.host.empty() && std::find(hosts.begin(), hosts.end(), key.host) == hosts.end()) return;
    while (kept_bytes_ + bytes > bytes_) forget(std::prev(kept_.end()));
    kept_.push_front({key, answer, bytes});
    places_[key] = kept_.begin();
    kept_bytes_ += bytes;
    kept_bytes_gauge_.set(static_cast<double>(kept_bytes_));
}

void Answers::forget(std::list<Kept>::iterator place) {
    kept_bytes_ -= place->bytes;
    places_.erase(place->key);
    kept_.erase(place);
    kept_bytes_gauge_.set(static_cast<double>(kept_bytes_));
}

void Answers::forget_others(const Key& key) {
    auto& version = versions_[key.page];
    if (version == key.version) return;
    version = key.version;
    for (auto at = places_.lower_bound(Key{key.page, {}, {}, {}}); at != places_.end() && at->first.page == key.page;) {
        const auto place = (at++)->second;
        if (place->key.version != key.version) forget(place);
    }
}

void Answers::note_host(const Key& key) {
    if (key.host.empty()) return;
    auto& hosts = hosts_[key.page];
    if (const auto known = std::find(hosts.begin(), hosts.end(), key.host); known != hosts.end()) return hosts.splice(hosts.begin(), hosts, known);
    hosts.push_front(key.host);
    if (hosts.size() <= kMostHosts) return;
    const auto gone = std::move(hosts.back());
    hosts.pop_back();
    for (auto at = places_.lower_bound(Key{key.page, key.version, gone, {}}); at != places_.end() && at->first.page == key.page && at->first.host == gone;) forget((at++)->second);
}

}  // namespace sonde::status_page::serve
