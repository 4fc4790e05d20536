// Counting votes: one vote a failure domain, and how many it takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/decision/vote.h"

namespace sonde::decision {

// How many failure domains must be failing, of `fresh` that voted lately and `configured` that could.
int needed_down(const check::Quorum& quorum, int fresh, int configured);

// How many must be well for the monitor to count as well: a strict majority, and so many that failing is out of reach.
int needed_up(const check::Quorum& quorum, int fresh, int configured);

// Fewer fresh domains than this, and nothing can be said.
int needed_fresh(const check::Quorum& quorum, int configured);

enum class Outcome : unsigned char { up, degraded, down, undecided, too_few };

struct Tally {
    int fresh = 0;        // domains with at least one fresh vote, those of which the regions are divided included
    int up = 0;           // domains whose fresh regions are so by majority
    int degraded = 0;
    int down = 0;
    int configured = 0;
    int needed = 0;       // failing domains it takes
    // Regions, not domains, that are enough alone: those with fresh votes, and what they see.
    int paging = 0;
    int paging_degraded = 0;
    int paging_down = 0;
    int paging_up = 0;
    Outcome outcome = Outcome::too_few;

    [[nodiscard]] int failing() const { return degraded + down; }
};

// Counts the votes that are fresh at `now`, of the regions whose votes count.
Tally tally(const std::vector<Vote>& votes, const Definition& definition, TimePoint now);

// As `tally`, but only votes on slots after `after` are counted up, degraded or down; the others merely are fresh. An outcome of
// `up` then says that one round was good.
Tally tally_round(const std::vector<Vote>& votes, const Definition& definition, TimePoint now, Slot after);

// With one domain, or a rule that one domain satisfies, nobody else can confirm: the check is repeated in place.
bool confirms_in_place(const Definition& definition);
// The same for a failure that `first` saw first: a region that is enough alone is not to be confirmed by others.
bool confirms_in_place(const Definition& definition, RegionId first);

// `2/3 down`, `1/3 failing` and so on, for traces.
std::string describe(const Tally& tally);

}  // namespace sonde::decision
