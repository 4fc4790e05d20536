#include "simulation/bus.h"

#include <algorithm>

namespace sonde::simulation {
namespace {

using bus::PublishOutcome;

constexpr milliseconds kQuickest{1};
constexpr milliseconds kUsual{12};
constexpr milliseconds kSlowest{3000};
constexpr double kLost = 0.15;
constexpr double kTwice = 0.15;
constexpr milliseconds kStreamMissing{1500};  // until a watchdog has seen it and made it anew

}  // namespace

void Bus::add_stream(const std::string& name, milliseconds ack_wait, milliseconds max_age) {
    auto& stream = streams_[name];
    stream.ack_wait = ack_wait;
    stream.max_age = max_age;
}

milliseconds Bus::way() {
    if (weather_.lasts(Fault::delays, {}, clockwork_.now()) && dice_.chance(0.5)) return dice_.between(kQuickest, kSlowest);
    return dice_.between(kQuickest, kUsual);
}

bool Bus::is_lost(std::string_view place) {
    if (!weather_.bus_reached(place, clockwork_.now())) return true;
    return weather_.lasts(Fault::loss, {}, clockwork_.now()) && dice_.chance(kLost);
}

void Bus::publish(Process& from, const std::string& place, const std::string& stream, const std::string& origin, std::string payload,
                  milliseconds deadline, Answer answer) {
    const auto answered = std::make_shared<bool>(false);
    const auto tell = [answered, answer = std::move(answer)](PublishOutcome outcome) {
        if (!std::exchange(*answered, true)) answer(outcome);
    };
    from.later(deadline, [tell] { tell(PublishOutcome::timed_out); });
    if (is_lost(place)) return;
    auto text = std::make_shared<const std::string>(std::move(payload));
    const auto back = [this, place, tell = from.ours([tell] { tell(PublishOutcome::accepted); }),
                       none = from.ours([tell] { tell(PublishOutcome::no_stream); })](bool accepted) {
        if (is_lost(place)) return;
        clockwork_.after(way(), accepted ? tell : none);
    };
    clockwork_.after(way(), [this, place, stream, origin, text, back] {
        if (!weather_.bus_reached(place, clockwork_.now())) return;
        auto& to = streams_.at(stream);
        if (clockwork_.now() < to.missing_until) return back(false);
        store(to, origin, text);
        if (weather_.lasts(Fault::duplicates, {}, clockwork_.now()) && dice_.chance(kTwice)) store(to, origin, text);
        if (weather_.lasts(Fault::garbage, {}, clockwork_.now()) && dice_.chance(0.02)) {
            auto cut = text->substr(0, static_cast<std::size_t>(dice_.between(0, static_cast<std::int64_t>(text->size()) - 1)));
            if (!cut.empty() && dice_.chance(0.5)) cut[static_cast<std::size_t>(dice_.between(0, static_cast<std::int64_t>(cut.size()) - 1))] ^= 0x20;
            store(to, origin, std::make_shared<const std::string>(std::move(cut)));
        }
        back(true);
        pump(stream);
    });
}

void Bus::store(Stream& stream, const std::string& origin, const std::shared_ptr<const std::string>& payload) {
    stream.messages.emplace(++stream.last, Message{origin, payload, clockwork_.now(), std::nullopt, 0});
}

void Bus::subscribe(Process& who, const std::string& place, const std::string& stream, Receive receive) {
    auto& to = streams_.at(stream);
    std::erase_if(to.subscribers, [&](const Subscriber& one) { return one.process == &who; });
    to.subscribers.push_back({&who, who.life(), place, std::move(receive)});
    clockwork_.after(way(), [this, stream] { pump(stream); });
}

void Bus::unsubscribe(const Process& who, const std::string& stream) {
    std::erase_if(streams_.at(stream).subscribers, [&](const Subscriber& one) { return one.process == &who; });
}

void Bus::pump(const std::string& name) {
    auto& stream = streams_.at(name);
    const auto now = clockwork_.now();
    if (weather_.lasts(Fault::bus_stop, {}, now)) {
        clockwork_.after(seconds{1}, [this, name] { pump(name); });
        return;
    }
    std::erase_if(stream.messages, [&](const auto& entry) {
        if (now - entry.second.stored_at <= stream.max_age) return false;
        ++lost_;
        if (on_lost) on_lost(name, *entry.second.payload);
        return true;
    });
    // The server takes those that do not answer for gone after a while, and gives messages to them until then.
    std::erase_if(stream.subscribers, [&](const Subscriber& one) {
        return (!one.process->running() || one.process->life() != one.life) && dice_.chance(0.5);
    });
    if (stream.subscribers.empty()) return;
    for (auto& [sequence, message] : stream.messages) {
        if (message.comes_again && now < *message.comes_again) continue;
        deliver(name, sequence, message, stream.subscribers[static_cast<std::size_t>(dice_.between(0, static_cast<std::int64_t>(stream.subscribers.size()) - 1))]);
    }
}

void Bus::deliver(const std::string& name, std::uint64_t sequence, Message& message, Subscriber& to) {
    auto& stream = streams_.at(name);
    message.comes_again = clockwork_.now() + stream.ack_wait;
    ++message.times;
    clockwork_.at(*message.comes_again, [this, name] { pump(name); });
    if (is_lost(to.place) || !to.process->running() || to.process->life() != to.life) return;
    clockwork_.after(way(), to.process->ours([receive = to.receive, delivered = Delivered{name, sequence, message.times, message.origin, message.payload, message.stored_at}] {
        receive(delivered);
    }));
}

void Bus::then(const std::string& place, const Delivered& message, std::function<void(Stream&, std::map<std::uint64_t, Message>::iterator)> what) {
    if (is_lost(place)) return;
    clockwork_.after(way(), [this, name = message.stream, sequence = message.sequence, what = std::move(what)] {
        auto& stream = streams_.at(name);
        if (const auto found = stream.messages.find(sequence); found != stream.messages.end()) what(stream, found);
    });
}

void Bus::acknowledge(const std::string& place, const Delivered& message) {
    then(place, message, [](Stream& stream, auto found) { stream.messages.erase(found); });
}

void Bus::still_at_it(const std::string& place, const Delivered& message) {
    then(place, message, [this, name = message.stream](Stream& stream, auto found) {
        if (!found->second.comes_again) return;
        found->second.comes_again = clockwork_.now() + stream.ack_wait;
        clockwork_.at(*found->second.comes_again, [this, name] { pump(name); });
    });
}

void Bus::not_now(const std::string& place, const Delivered& message) {
    then(place, message, [this, name = message.stream](Stream&, auto found) {
        found->second.comes_again.reset();
        pump(name);
    });
}

void Bus::lose(const std::string& beginning) {
    for (auto& [name, stream] : streams_) {
        if (!name.starts_with(beginning)) continue;
        trace_.line("bus", "stream {} is gone with {} messages", name, stream.messages.size());
        lost_ += stream.messages.size();
        if (on_lost) {
            for (const auto& [sequence, message] : stream.messages) on_lost(name, *message.payload);
        }
        stream.messages.clear();
        stream.missing_until = clockwork_.now() + kStreamMissing;
    }
}

}  // namespace sonde::simulation
