#pragma once

#include <pcap/pcap.h>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "closelab/endpoint.h"
#include "tests/kernel/packet.h"

namespace closelab::kernel_test {

/// A connection by its ends, as client and server; an IPv4 address is in its IPv4 form (see plain()).
struct Ends {
  Endpoint client;
  Endpoint server;
};

/// The IPv4 form of a v4-mapped address, which is how it travels.
Endpoint plain(Endpoint endpoint);

bool operator<(const Ends& a, const Ends& b);

/// Captured connections by their ends, in the order of their SYNs.
using Captured = std::map<Ends, std::vector<std::vector<Packet>>>;

/// Captures the TCP segments of the loopback interface, from construction to finish().
class Capture {
 public:
  /// Throws std::runtime_error when capturing is not possible here.
  Capture();
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Everything captured until now; ends the capture.
  Captured finish();
  /// Packets that were missed; after finish().
  unsigned dropped() const { return dropped_; }

 private:
  struct Segment {
    Endpoint source;
    Endpoint destination;
    Packet packet;
    unsigned window_scale = 0;
  };
  struct Scales {
    unsigned client = 0;
    unsigned server = 0;
  };

  void run();
  void take(const pcap_pkthdr& header, const unsigned char* bytes);
  static bool parse(const pcap_pkthdr& header, const unsigned char* bytes, Segment& segment);
  static bool parse_tcp(const unsigned char* tcp, const unsigned char* end, Segment& segment);
  void add(Segment& segment);

  pcap_t* handle_ = nullptr;
  std::thread thread_;
  Captured captured_;
  std::map<Ends, Scales> scales_;
  bool ended_ = false;
  unsigned dropped_ = 0;
};

}  // namespace closelab::kernel_test
