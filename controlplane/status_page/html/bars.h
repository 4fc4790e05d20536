// The days of a component as one picture: a bar a day, today at the right.
#pragma once

#include <vector>

#include "controlplane/status_page/html/scene.h"

namespace sonde::status_page::html {

// How many days the page's bars are wide: 30, 60 or 90, whichever holds those of every component.
int span_of(const Snapshot& page);

// The values of the template `bars`: days of one colour are one path, and those that were not entirely good have a note that can be read without the picture.
Json bars(const Scene& scene, const Component& component, int span);

}  // namespace sonde::status_page::html
