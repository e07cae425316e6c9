#pragma once

#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace closelab::lab {

/// Checks text against the OpenMetrics 1.0 format, as far as counters, gauges and histograms go.
class OpenMetrics {
 public:
  explicit OpenMetrics(const std::string& text) {
    if (!text.ends_with("# EOF\n")) complain("does not end with # EOF");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    finish_family();
  }

  const std::vector<std::string>& complaints() const { return complaints_; }
  /// By name and labels, as they are written.
  const std::map<std::string, double>& samples() const { return samples_; }

 private:
  void read(const std::string& line) {
    static const std::regex meta("# (TYPE|UNIT|HELP) ([a-z_]+) (.+)");
    static const std::regex sample(R"(([a-z_]+)((?:\{[a-z_]+="[^"\\]*"(?:,[a-z_]+="[^"\\]*")*\})?) ([0-9.e+-]+))");
    std::smatch match;
    if (ended_) return complain("something comes after # EOF: " + line);
    if (line == "# EOF") {
      ended_ = true;
    } else if (std::regex_match(line, match, meta)) {
      read_meta(match[1], match[2], match[3]);
    } else if (std::regex_match(line, match, sample)) {
      read_sample(match[1], match[2], std::stod(match[3]));
    } else {
      complain("neither metadata nor a sample: " + line);
    }
  }

  void read_meta(const std::string& kind, const std::string& name, const std::string& value) {
    if (kind != "TYPE") {
      if (name != family_) complain(kind + " of a family that is not open: " + name);
      if (kind == "UNIT" && !name.ends_with('_' + value)) complain("the name does not end with the unit: " + name);
      return;
    }
    finish_family();
    if (!families_.insert(name).second) complain("a family is there twice: " + name);
    family_ = name;
    type_ = value;
  }

  void read_sample(const std::string& name, const std::string& labels, double value) {
    static const std::map<std::string, std::set<std::string>> suffixes{
        {"counter", {"_total"}}, {"gauge", {""}}, {"histogram", {"_bucket", "_count", "_sum"}}};
    const auto allowed = suffixes.find(type_);
    if (allowed == suffixes.end()) return complain("a sample of the unknown type " + type_);
    if (!name.starts_with(family_) || !allowed->second.contains(name.substr(family_.size())))
      complain("a sample that does not belong to " + family_ + ": " + name);
    if (!samples_.emplace(name + labels, value).second) complain("a sample is there twice: " + name + labels);
    if (name.ends_with("_bucket")) read_bucket(labels, value);
  }

  void read_bucket(const std::string& labels, double value) {
    static const std::regex le(R"re(\{le="([0-9]+\.[0-9]+|\+Inf)"\})re");
    std::smatch match;
    if (!std::regex_match(labels, match, le)) return complain("a bucket's bound is not canonical: " + labels);
    const double bound = match[1] == "+Inf" ? HUGE_VAL : std::stod(match[1]);
    if (!buckets_.empty() && (bound <= buckets_.back().first || value < buckets_.back().second))
      complain("buckets do not ascend: " + family_ + labels);
    buckets_.emplace_back(bound, value);
  }

  void finish_family() {
    if (type_ == "histogram") {
      if (buckets_.empty() || buckets_.back().first != HUGE_VAL) complain("no bucket for the rest: " + family_);
      if (buckets_.empty() || buckets_.back().second != samples_[family_ + "_count"])
        complain("the count is not the last bucket's: " + family_);
    }
    buckets_.clear();
  }

  void complain(const std::string& what) { complaints_.push_back(what); }

  std::vector<std::string> complaints_;
  std::map<std::string, double> samples_;
  std::set<std::string> families_;
  std::string family_;
  std::string type_;
  std::vector<std::pair<double, double>> buckets_;
  bool ended_ = false;
};

}  // namespace closelab::lab
