// Something that is done again and again on a loop, to see what it costs.
#pragma once

#include <functional>

namespace sonde::bench {

class Load {
public:
    virtual ~Load() = default;
    // Begins one; `done` is called once, never before this returned.
    virtual void start(std::function<void(bool good)> done) = 0;
};

}  // namespace sonde::bench
