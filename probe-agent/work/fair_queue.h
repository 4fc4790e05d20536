// Which job may start next: bounded in all, by kind, by site and by target host; urgent ones first, and sites take turns.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "lib/base/enum_name.h"
#include "lib/check/kind.h"
#include "probe-agent/config.h"
#include "probe-agent/work/bound.h"
#include "probe-agent/work/turns.h"

namespace sonde::agent {

enum class Lane : unsigned char { urgent, scheduled };

// Pure; no clock. A job that a bound holds back keeps nobody else waiting, of whatever site. Each call is O(1), amortised over the calls that
// a job takes part in; a job is one allocation, its site and its host one each while there are jobs of them.
template <class Job>
class FairQueue {
    struct Gate;
    struct Entry {
        Job job;
        Lane lane;
        SiteId site;
        const std::string* host = nullptr;  // the key of its gate
        std::array<Gate*, 3> gates{};       // by Bound
        Gate* woken_by = nullptr;           // it waited there, and a place there is kept for it until its turn
    };
    using Waiting = Turns<Entry>;
    using Entries = typename Waiting::Entries;

public:
    using HeldBack = std::array<std::uint64_t, 3>;  // by Bound

    // A job that may run, until it is given back.
    class Place {
    public:
        [[nodiscard]] Job& job() { return entry_.front().job; }
        [[nodiscard]] const Job& job() const { return entry_.front().job; }

    private:
        friend FairQueue;
        explicit Place(Entries entry) : entry_(std::move(entry)) {}
        Entries entry_;  // of one
    };

    explicit FairQueue(const Limits& limits) : limits_(limits) {
        for (auto& gate : kinds_) gate.limit = limits.max_in_flight_per_kind;
    }
    FairQueue(const FairQueue&) = delete;
    FairQueue& operator=(const FairQueue&) = delete;

    void add(Job job, Lane lane, check::Kind kind, SiteId site, const std::string& host) {
        auto& of_site = sites_.try_emplace(site, limits_.max_in_flight_per_site).first->second;
        auto& [name, of_host] = *hosts_.try_emplace(host, limits_.max_in_flight_per_host).first;
        auto& of_kind = kinds_.at(static_cast<std::size_t>(kind));
        Entries one;
        one.push_back({std::move(job), lane, site, &name, {&of_kind, &of_site, &of_host}});
        for (auto* gate : one.front().gates) ++gate->members;
        ++waiting_;
        ready(lane).put(site, one);
    }

    // Nothing if none may start: none is there, no place is, or all are held back.
    std::optional<Place> next() {
        while (in_flight_ < limits_.max_in_flight) {
            auto& lane = ready(ready(Lane::urgent).empty() ? Lane::scheduled : Lane::urgent);
            if (lane.empty()) break;
            auto one = lane.take();
            auto& entry = one.front();
            auto* woken_by = std::exchange(entry.woken_by, nullptr);
            if (woken_by != nullptr) --woken_by->kept;
            if (hold_back(one, woken_by != nullptr)) {
                if (woken_by != nullptr) wake(*woken_by);  // if it was in vain, it is somebody else's turn there
                continue;
            }
            for (auto* gate : entry.gates) ++gate->taken;
            ++in_flight_;
            --waiting_;
            return Place(std::move(one));
        }
        return std::nullopt;
    }

    void give_back(Place place) {
        auto& entry = place.entry_.front();
        --in_flight_;
        for (auto* gate : entry.gates) --gate->taken;
        leave(entry);
    }

    // Hands those at the head of a queue for which `is_worthless(job)` holds to `gone(job)`, and forgets them.
    template <class IsWorthless, class Gone>
    void sweep(IsWorthless is_worthless, Gone gone) {
        Entries worthless;
        const auto from = [&](Waiting& waiting) {
            const auto before = worthless.size();
            waiting.move_heads([&](const Entry& entry) { return is_worthless(entry.job); }, worthless);
            return static_cast<int>(worthless.size() - before);
        };
        const auto from_gate = [&](Gate& gate) {
            for (auto& lane : gate.waiting) held_ -= from(lane);
        };
        for (auto& lane : ready_) from(lane);
        for (auto& gate : kinds_) from_gate(gate);
        for (auto& [site, gate] : sites_) from_gate(gate);
        for (auto& [host, gate] : hosts_) from_gate(gate);
        waiting_ -= static_cast<int>(worthless.size());
        for (auto& entry : worthless) {
            gone(entry.job);
            leave(entry);
        }
    }

    [[nodiscard]] int in_flight() const { return in_flight_; }
    [[nodiscard]] int waiting() const { return waiting_; }
    [[nodiscard]] int held() const { return held_; }  // of those waiting, by another bound than that on all
    [[nodiscard]] const HeldBack& held_back() const { return held_back_; }  // how often, ever
    // Gates there are for sites and hosts: none when there are no jobs.
    [[nodiscard]] std::size_t gates() const { return sites_.size() + hosts_.size(); }

private:
    struct Gate {
        explicit Gate(int most = 0) : limit(most) {}
        int limit;
        int taken = 0;
        int kept = 0;     // for those who were woken
        int members = 0;  // jobs there are of it, waiting anywhere or under way
        std::array<Waiting, 2> waiting;  // by Lane
    };

    Waiting& ready(Lane lane) { return ready_.at(static_cast<std::size_t>(lane)); }

    // Moves one to the first gate that has no place for it.
    bool hold_back(Entries& one, bool was_woken) {
        const auto& entry = one.front();
        for (std::size_t bound = 0; bound < entry.gates.size(); ++bound) {
            auto& gate = *entry.gates.at(bound);
            // A place that is kept is for nobody else, but for who is in a hurry.
            const int kept = was_woken || entry.lane == Lane::urgent ? 0 : gate.kept;
            if (gate.taken + kept < gate.limit) continue;
            auto& waiting = gate.waiting.at(static_cast<std::size_t>(entry.lane));
            was_woken ? waiting.put_ahead(entry.site, one) : waiting.put(entry.site, one);
            ++held_back_.at(bound);
            ++held_;
            return true;
        }
        return false;
    }

    void wake(Gate& gate) {
        if (gate.taken + gate.kept >= gate.limit) return;
        for (std::size_t lane = 0; lane < gate.waiting.size(); ++lane) {
            auto& waiting = gate.waiting.at(lane);
            if (waiting.empty()) continue;
            auto one = waiting.take();
            auto& entry = one.front();
            entry.woken_by = &gate;
            ++gate.kept;
            --held_;
            ready_.at(lane).put_ahead(entry.site, one);
            return;
        }
    }

    // What it left free is for those who wait for it.
    void leave(const Entry& entry) {
        if (entry.woken_by != nullptr) --entry.woken_by->kept;
        for (auto* gate : entry.gates) {
            wake(*gate);
            --gate->members;
        }
        const auto [kind, site, host] = entry.gates;
        if (site->members == 0) sites_.erase(entry.site);
        if (host->members == 0) hosts_.erase(hosts_.find(*entry.host));
    }

    Limits limits_;
    std::array<Waiting, 2> ready_;  // by Lane; those that no gate holds
    std::array<Gate, EnumNames<check::Kind>::names.size()> kinds_;
    std::unordered_map<SiteId, Gate> sites_;
    std::unordered_map<std::string, Gate> hosts_;
    int in_flight_ = 0;
    int waiting_ = 0;
    int held_ = 0;
    HeldBack held_back_{};
};

}  // namespace sonde::agent
