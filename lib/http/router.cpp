#include "lib/http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <stdexcept>

namespace sonde::http {
namespace {

using Segments = std::vector<std::string>;

constexpr std::string_view kParameter = "{";

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    if (!path.starts_with('/')) return segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        segments.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(segments.back().size());
    }
    return segments;
}

// The pattern's segments, with every parameter as `kParameter`, so that equal shapes compare equal.
Segments shape_of(const std::string& pattern) {
    Segments shape;
    for (const auto segment : split(pattern)) {
        const bool parameter = segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}');
        const auto name = parameter ? segment.substr(1, segment.size() - 2) : segment;
        if (name.find_first_of("{}") != std::string_view::npos)
            throw std::logic_error(fmt::format("\"{}\" is not a route's pattern", pattern));
        shape.emplace_back(parameter ? kParameter : segment);
    }
    if (shape.empty()) throw std::logic_error(fmt::format("the pattern \"{}\" does not begin with a slash", pattern));
    return shape;
}

bool matches(const Segments& shape, const std::vector<std::string_view>& path) {
    return std::equal(shape.begin(), shape.end(), path.begin(), path.end(),
                      [](const std::string& segment, std::string_view given) {
                          return segment == kParameter ? !given.empty() : segment == given;
                      });
}

// Whether `left` has the earlier literal; both match the same path.
bool more_specific(const Segments& left, const Segments& right) {
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (left[i] != right[i]) return right[i] == kParameter;
    }
    return false;
}

std::map<std::string, std::string> parameters(const std::string& pattern, const std::vector<std::string_view>& path) {
    std::map<std::string, std::string> found;
    const auto segments = split(pattern);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i].starts_with('{')) found.emplace(segments[i].substr(1, segments[i].size() - 2), path[i]);
    }
    return found;
}

// The methods of an `Allow` header: what is declared, and what the router answers by itself.
std::string allowed(const std::vector<const Route*>& routes) {
    std::vector<Method> methods{Method::options};
    for (const auto* route : routes) {
        methods.push_back(route->method);
        if (route->method == Method::get) methods.push_back(Method::head);
    }
    std::sort(methods.begin(), methods.end());
    methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
    std::string text;
    for (const auto method : methods) text += fmt::format("{}{}", text.empty() ? "" : ", ", name_of(method));
    return text;
}

const Route* with_method(const std::vector<const Route*>& routes, Method method) {
    const auto found =
        std::find_if(routes.begin(), routes.end(), [method](const Route* route) { return route->method == method; });
    return found == routes.end() ? nullptr : *found;
}

Response wait_for(const Route& route, const Request& request) {
    const auto answer = std::make_shared<std::promise<Response>>();
    auto future = answer->get_future();
    route.deferred(request, [answer](Response response) { answer->set_value(std::move(response)); });
    return future.get();
}

}  // namespace

void Router::add(Route route) {
    auto shape = shape_of(route.pattern);
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        if (routes_[i].method == route.method && segments_[i] == shape) {
            throw std::logic_error(fmt::format("{} {} is the same route as {}", name_of(route.method), route.pattern, routes_[i].pattern));
        }
    }
    segments_.push_back(std::move(shape));
    routes_.push_back(std::move(route));
}

void Router::add(Method method, std::string pattern, Handler handler) { add({method, std::move(pattern), std::move(handler), {}}); }

void Router::add_deferred(Method method, std::string pattern, DeferredHandler handler) {
    add({method, std::move(pattern), {}, std::move(handler)});
}

const Router* Router::other_for(const Request& request) const { return choose_ ? choose_(host_of(request)) : nullptr; }

const Route* Router::find_deferred(Request& request) const {
    if (const auto* other = other_for(request)) return other->find_deferred(request);
    std::vector<std::string_view> path;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const auto& route = routes_[i];
        if (!route.deferred || route.method != request.method) continue;
        if (path.empty()) path = split(request.path);
        if (!matches(segments_[i], path)) continue;
        request.route = route.pattern;
        request.parameters = parameters(route.pattern, path);
        return &route;
    }
    return nullptr;
}

Response Router::dispatch(Request& request) const {
    if (const auto* other = other_for(request)) return other->dispatch(request);
    const auto path = split(request.path);
    const Segments* best = nullptr;
    for (const auto& shape : segments_) {
        if (matches(shape, path) && (best == nullptr || more_specific(shape, *best))) best = &shape;
    }
    if (best == nullptr) return problem_response(problem::not_found, "There is nothing at this path.");

    std::vector<const Route*> candidates;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        if (segments_[i] == *best) candidates.push_back(&routes_[i]);
    }
    const auto* route = with_method(candidates, request.method);
    if (route == nullptr && request.method == Method::head) route = with_method(candidates, Method::get);
    request.route = (route != nullptr ? route : candidates.front())->pattern;
    if (route != nullptr) {
        request.parameters = parameters(route->pattern, path);
        return route->deferred ? wait_for(*route, request) : route->handler(request);
    }
    if (request.method == Method::options) return Response::empty().with("Allow", allowed(candidates));
    const auto detail = fmt::format("{} is not possible here.", name_of(request.method));
    auto refusal = problem_response(problem::method_not_allowed, detail);
    return std::move(refusal).with("Allow", allowed(candidates));
}

}  // namespace sonde::http
