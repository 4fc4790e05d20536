// Documents as they are sent: made once for all who ask, packed once, and kept while their page is as it was.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "controlplane/status_page/serve/document.h"
#include "lib/base/enum_name.h"
#include "lib/metrics/metrics.h"

namespace sonde::status_page::serve {

struct Answer {
    std::string_view content_type;
    std::string policy;
    std::shared_ptr<const std::string> plain;
    std::shared_ptr<const std::string> gzip;  // null where it would not be smaller
    std::string digest;                       // of `plain`, 16 hexadecimal digits
};
using AnswerPtr = std::shared_ptr<const Answer>;

// How it went with one that was asked for. Without an answer: nothing is there, too much is being made already, for this client alone or for all, or making it failed, of which the log has why.
enum class Made : unsigned char { kept, made, none, limited, busy, failed };

// Thread-safe. Documents are made on a thread of its own, one after the other, so that whoever asks never waits in it; clients take turns, so that who asks for much waits longest. Of at most
// `bytes` those last asked for are kept, and of the same page under different hosts a few.
// Metrics: sonde_status_page_answers_total{outcome}, sonde_status_page_answer_seconds, sonde_status_page_answer_bytes.
class Answers {
public:
    static constexpr std::size_t kMostUnmade = 256;          // documents that wait to be made; beyond, busy
    static constexpr std::size_t kMostUnmadeOfClient = 32;   // of which one client asked first for so many; beyond, limited. A reader's page may have as many badges
    static constexpr std::size_t kMostHosts = 4;             // under which documents of a page are kept; those of the host that was asked for least recently go first

    using Make = std::function<std::optional<Document>()>;
    // Called once: at once on the caller's thread for what is kept or refused, else on the making thread. Must not block or throw.
    using Take = std::function<void(const AnswerPtr& answer, Made outcome)>;

    Answers(std::size_t bytes, metrics::Registry& metrics);
    ~Answers();  // nobody asks any more; those who wait are told `busy`
    Answers(const Answers&) = delete;
    Answers& operator=(const Answers&) = delete;

    // Which document of which version of which page. With a version come, what is kept of another one of that page goes. `host` is what of it the request has said, and empty where the document
    // is the same whatever that says.
    struct Key {
        std::string page;
        std::string version;
        std::string host;
        std::string document;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    // `client`: whose document it is while it waits to be made. What is kept, or waits already, anybody is given.
    void ask(const Key& key, const std::string& client, Make make, Take take);

private:
    struct Kept {
        Key key;
        AnswerPtr answer;
        std::size_t bytes;
    };
    struct Unmade {
        Make make;
        std::vector<Take> takers;
    };

    void run();
    void keep(const Key& key, const AnswerPtr& answer);
    void forget(std::list<Kept>::iterator place);
    void forget_others(const Key& key);
    void note_host(const Key& key);
    Key next();
    void count(Made outcome);

    const std::size_t bytes_;
    std::vector<metrics::Counter*> counters_;
    metrics::Histogram& seconds_;
    metrics::Gauge& kept_bytes_gauge_;

    std::mutex mutex_;
    std::condition_variable wakes_;
    bool stopping_ = false;
    std::list<Kept> kept_;  // last asked for first
    std::map<Key, std::list<Kept>::iterator> places_;
    std::size_t kept_bytes_ = 0;
    std::unordered_map<std::string, std::string> versions_;            // the last that was asked for, by page
    std::unordered_map<std::string, std::list<std::string>> hosts_;    // likewise, last asked for first
    std::map<Key, Unmade> unmade_;
    std::unordered_map<std::string, std::deque<Key>> queues_;  // of those that none has begun to make, by client; none is empty
    std::deque<std::string> turns_;                            // clients that have a queue, each once
    std::thread thread_;
};

}  // namespace sonde::status_page::serve

template <>
struct sonde::EnumNames<sonde::status_page::serve::Made> {
    static constexpr std::array<std::string_view, 6> names{"kept", "made", "none", "limited", "busy", "failed"};
};
