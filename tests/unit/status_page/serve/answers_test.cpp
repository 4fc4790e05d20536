#include "controlplane/status_page/serve/answers.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "controlplane/status_page/serve/gzip.h"

namespace serve_answers_test {

using namespace sonde;
using namespace std::chrono_literals;
using status_page::serve::AnswerPtr;
using status_page::serve::Answers;
using status_page::serve::Document;
using status_page::serve::Made;

namespace {

struct Told {
    AnswerPtr answer;
    Made outcome = Made::failed;
};

constexpr auto kClient = "192.0.2.1";

Answers::Key key(std::string document, std::string version = "1", std::string page = "acme") { return {std::move(page), std::move(version), {}, std::move(document)}; }
Answers::Key at_host(std::string host, std::string document = "feed") { return {"acme", "1", std::move(host), std::move(document)}; }

std::optional<Document> saying(std::string text) { return Document{"text/plain", std::move(text), "default-src 'none'"}; }

// Counts how often it is made.
struct Press {
    metrics::Registry registry;
    Answers answers;
    std::atomic<int> made{0};

    explicit Press(std::size_t bytes = 1 << 20) : answers(bytes, registry) {}

    std::future<Told> ask(const Answers::Key& wanted, Answers::Make make, const std::string& client = kClient) {
        const auto told = std::make_shared<std::promise<Told>>();
        answers.ask(
            wanted, client,
            [this, make = std::move(make)] {
                ++made;
                return make();
            },
            [told](const AnswerPtr& answer, Made outcome) { told->set_value({answer, outcome}); });
        return told->get_future();
    }
    Told get(const Answers::Key& wanted, std::string text = "text") {
        return ask(wanted, [text] { return saying(text); }).get();
    }
    double kept_bytes() {
        constexpr std::string_view kName = "\nsonde_status_page_answer_bytes ";
        const auto text = registry.expose();
        return std::stod(text.substr(text.find(kName) + kName.size()));
    }
};

// What is being made waits until it is opened.
struct Door {
    std::promise<void> promise;
    std::shared_future<void> opened = promise.get_future().share();
    [[nodiscard]] Answers::Make make(std::string text = "text") const {
        return [opened = opened, text = std::move(text)] {
            opened.wait();
            return saying(text);
        };
    }
    void open() { promise.set_value(); }
};

std::string unpacked(const std::string& packed) {
    std::string text(1 << 20, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

}  // namespace

TEST_CASE("what was made is kept, as long as its page is as it was") {
    Press press;
    CHECK(press.get(key("a")).outcome == Made::made);
    CHECK(press.get(key("a")).outcome == Made::kept);
    CHECK(press.get(key("b")).outcome == Made::made);
    CHECK(press.get(key("a", "2")).outcome == Made::made);
    CHECK(press.get(key("b", "2")).outcome == Made::made);
    CHECK(press.get(key("a", "1", "other")).outcome == Made::made);
    CHECK(press.get(key("a", "2")).outcome == Made::kept);
    CHECK(press.made == 5);
}

TEST_CASE("however many ask at once, it is made once") {
    Press press;
    std::promise<void> door;
    auto opened = door.get_future().share();
    std::vector<std::future<Told>> all;
    for (int i = 0; i < 100; ++i) {
        all.push_back(press.ask(key("a"), [opened] {
            opened.wait();
            return saying("text");
        }));
    }
    door.set_value();
    for (auto& one : all) CHECK(one.get().answer != nullptr);
    CHECK(press.made == 1);
}

TEST_CASE("too many documents to be made are refused, and no more than that") {
    Press press;
    std::promise<void> door;
    auto opened = door.get_future().share();
    std::vector<std::future<Told>> all;
    const auto wait = [opened] {
        opened.wait();
        return saying("text");
    };
    for (std::size_t i = 0; i < Answers::kMostUnmade + 1; ++i) all.push_back(press.ask(key(std::to_string(i)), wait, std::to_string(i)));
    CHECK(all.back().get().outcome == Made::busy);
    all.pop_back();
    door.set_value();
    for (auto& one : all) CHECK(one.get().answer != nullptr);
    CHECK(press.get(key("another")).outcome == Made::made);
}

TEST_CASE("one client has so much made at once and no more, and is given all the same what is there or waits already") {
    Press press;
    Door door;
    press.get(key("kept"));
    std::vector<std::future<Told>> all;
    for (std::size_t i = 0; i < Answers::kMostUnmadeOfClient + 1; ++i) all.push_back(press.ask(key(std::to_string(i)), door.make()));
    // The first of them is being made, or not begun yet.
    std::vector<std::future<Told>> beyond;
    for (int i = 0; i < 2; ++i) beyond.push_back(press.ask(key("beyond " + std::to_string(i)), door.make()));
    CHECK(beyond.back().get().outcome == Made::limited);
    CHECK(press.get(key("kept")).outcome == Made::kept);
    auto waiting = press.ask(key("1"), door.make());
    auto other = press.ask(key("other"), door.make(), "192.0.2.2");
    door.open();
    CHECK(waiting.get().outcome == Made::made);
    CHECK(other.get().outcome == Made::made);
    all.front().get();
}

TEST_CASE("who asks for much has the others wait for one of his at most") {
    Press press;
    Door door;
    std::mutex mutex;
    std::string order;
    const auto noting = [&](std::string text, const std::string& client) {
        return press.ask(key(text),
                         [&, text, wait = door.make()] {
                             {
                                 const std::scoped_lock lock(mutex);
                                 order += text + " ";
                             }
                             return wait();
                         },
                         client);
    };
    std::vector<std::future<Told>> all;
    for (const auto* text : {"a1", "a2", "a3", "a4"}) all.push_back(noting(text, "a"));
    while (press.made == 0) std::this_thread::yield();
    for (const auto* text : {"b1", "b2"}) all.push_back(noting(text, "b"));
    all.push_back(noting("c1", "c"));
    door.open();
    for (auto& one : all) CHECK(one.get().outcome == Made::made);
    CHECK(order == "a1 a2 b1 c1 a3 b2 a4 ");
}

TEST_CASE("a page is kept under a few hosts, and ten thousand invented ones push out nobody who asks") {
    Press press;
    const std::string text(4'000, 'x');
    press.get(key("page"), text);
    press.get(at_host("https://sonde.example"), text);
    const auto one = press.kept_bytes() / 2;
    for (int i = 0; i < 10'000; ++i) {
        press.get(at_host("https://" + std::to_string(i) + ".example"), text);
        if (i % 3 == 0) CHECK(press.get(at_host("https://sonde.example"), text).outcome == Made::kept);
    }
    CHECK(press.get(key("page"), text).outcome == Made::kept);
    CHECK(press.kept_bytes() < one * (Answers::kMostHosts + 2));
    CHECK(press.get(at_host("https://9999.example"), text).outcome == Made::kept);
    CHECK(press.get(at_host("https://1.example"), text).outcome == Made::made);
}

TEST_CASE("what was made for a host that was forgotten meanwhile is not kept") {
    Press press;
    Door door;
    auto first = press.ask(at_host("https://first.example"), door.make());
    std::vector<std::future<Told>> others;
    for (std::size_t i = 0; i < Answers::kMostHosts; ++i) others.push_back(press.ask(at_host("https://" + std::to_string(i) + ".example"), door.make()));
    door.open();
    CHECK(first.get().outcome == Made::made);
    for (auto& other : others) CHECK(other.get().outcome == Made::made);
    CHECK(press.get(at_host("https://0.example")).outcome == Made::kept);
    CHECK(press.get(at_host("https://first.example")).outcome == Made::made);
}

TEST_CASE("what is kept is bounded, and what was asked for last stays") {
    Press press(10'000);
    const std::string large(3'000, 'x');
    for (const auto* name : {"a", "b", "a"}) press.get(key(name), large);
    press.get(key("c"), large);  // takes the place of b
    CHECK(press.get(key("a"), large).outcome == Made::kept);
    CHECK(press.get(key("b"), large).outcome == Made::made);
    CHECK(press.get(key("huge"), std::string(20'000, 'y')).outcome == Made::made);
    CHECK(press.get(key("huge"), std::string(20'000, 'y')).outcome == Made::made);
}

TEST_CASE("what is not there, and what fails, is told and asked for again") {
    Press press;
    CHECK(press.ask(key("a"), [] { return std::nullopt; }).get().outcome == Made::none);
    CHECK(press.ask(key("a"), []() -> std::optional<Document> { throw std::runtime_error("no memory"); }).get().outcome == Made::failed);
    CHECK(press.get(key("a")).outcome == Made::made);
}

TEST_CASE("what was made of a page that has changed meanwhile is not kept") {
    Press press;
    std::promise<void> door;
    auto opened = door.get_future().share();
    auto old = press.ask(key("a", "1"), [opened] {
        opened.wait();
        return saying("old");
    });
    auto fresh = press.ask(key("a", "2"), [] { return saying("new"); });
    door.set_value();
    CHECK(*old.get().answer->plain == "old");
    CHECK(*fresh.get().answer->plain == "new");
    CHECK(*press.get(key("a", "2")).answer->plain == "new");
    CHECK(press.made == 2);
}

TEST_CASE("an answer has its digest, and is packed where that is less") {
    Press press;
    const std::string text(5'000, 'z');
    const auto long_one = press.get(key("a"), text).answer;
    REQUIRE(long_one->gzip);
    CHECK(long_one->gzip->size() < 100);
    CHECK(unpacked(*long_one->gzip) == text);
    const auto short_one = press.get(key("b"), "x").answer;
    CHECK(short_one->gzip == nullptr);
    CHECK(short_one->digest.size() == 16);
    CHECK(short_one->digest != long_one->digest);
    CHECK(press.get(key("c"), "x").answer->digest == short_one->digest);
    CHECK(status_page::serve::gzip(text) == *long_one->gzip);
}

TEST_CASE("who still waits when it ends is told so") {
    std::promise<void> door;
    auto opened = door.get_future().share();
    std::future<Told> first;
    std::future<Told> second;
    {
        Press press;
        first = press.ask(key("a"), [opened] {
            opened.wait();
            return saying("text");
        });
        second = press.ask(key("b"), [] { return saying("text"); });
        door.set_value();
    }
    CHECK(first.get().outcome != Made::failed);
    CHECK(second.get().outcome != Made::failed);
}

}  // namespace serve_answers_test
