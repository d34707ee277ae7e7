/**
 * The numbers of Python's module `socket`, with Linux's values on every platform, as in `core/constants.ts`: names for
 * a program to pass, never something that reaches a system call. A number being here does not say that a socket takes
 * it: what has no access is refused by the call it is passed to. Those of whole families that no JavaScript runtime
 * opens are in `constants-families.ts`.
 */
export * from '../../core/constants.ts'

export const AF_AX25 = 3
export const AF_IPX = 4
export const AF_APPLETALK = 5
export const AF_NETROM = 6
export const AF_BRIDGE = 7
export const AF_ATMPVC = 8
export const AF_X25 = 9
export const AF_ROSE = 11
export const AF_DECnet = 12
export const AF_NETBEUI = 13
export const AF_SECURITY = 14
export const AF_KEY = 15
export const AF_NETLINK = 16
export const AF_ROUTE = 16
export const AF_PACKET = 17
export const AF_ASH = 18
export const AF_ECONET = 19
export const AF_ATMSVC = 20
export const AF_RDS = 21
export const AF_SNA = 22
export const AF_IRDA = 23
export const AF_PPPOX = 24
export const AF_WANPIPE = 25
export const AF_LLC = 26
export const AF_CAN = 29
export const AF_TIPC = 30
export const AF_ALG = 38
export const AF_VSOCK = 40
export const AF_QIPCRTR = 42

export const EAGAIN = 11

/** A name longer than its place. */
export const EAI_OVERFLOW: number = -12
/** The system failed. */
export const EAI_SYSTEM: number = -11
/** No memory left. */
export const EAI_MEMORY: number = -10
/** The host has no address of this family. */
export const EAI_ADDRFAMILY: number = -9
/** No such service for this kind of socket. */
export const EAI_SERVICE: number = -8
/** No such kind of socket. */
export const EAI_SOCKTYPE: number = -7
/** No such address family. */
export const EAI_FAMILY: number = -6
/** The host has no address of this kind. */
export const EAI_NODATA: number = -5
/** The name service failed for good. */
export const EAI_FAIL: number = -4
/** The name service gave no answer. */
export const EAI_AGAIN: number = -3
/** No such host or service. */
export const EAI_NONAME: number = -2
/** Flags that make no sense. */
export const EAI_BADFLAGS: number = -1

export const EBADF = 9

export const EWOULDBLOCK = 11

export const INADDR_ANY = 0
export const INADDR_LOOPBACK = 2130706433
export const INADDR_UNSPEC_GROUP = 3758096384
export const INADDR_ALLHOSTS_GROUP = 3758096385
export const INADDR_MAX_LOCAL_GROUP = 3758096639
export const INADDR_BROADCAST = 4294967295
export const INADDR_NONE = 4294967295

export const IP_DEFAULT_MULTICAST_LOOP = 1
export const IP_DEFAULT_MULTICAST_TTL = 1
export const IP_TOS = 1
export const IP_HDRINCL = 3
export const IP_OPTIONS = 4
export const IP_RECVOPTS = 6
export const IP_RECVRETOPTS = 7
export const IP_RETOPTS = 7
export const IP_RECVTOS = 13
export const IP_TRANSPARENT = 19
export const IP_MAX_MEMBERSHIPS = 20
export const IP_BIND_ADDRESS_NO_PORT = 24
export const IP_MULTICAST_IF = 32
export const IP_ADD_MEMBERSHIP = 35
export const IP_DROP_MEMBERSHIP = 36

export const IPPORT_RESERVED = 1024
export const IPPORT_USERRESERVED = 5000

export const IPPROTO_HOPOPTS = 0
export const IPPROTO_IGMP = 2
export const IPPROTO_IPIP = 4
export const IPPROTO_EGP = 8
export const IPPROTO_PUP = 12
export const IPPROTO_IDP = 22
export const IPPROTO_TP = 29
export const IPPROTO_ROUTING = 43
export const IPPROTO_FRAGMENT = 44
export const IPPROTO_RSVP = 46
export const IPPROTO_GRE = 47
export const IPPROTO_ESP = 50
export const IPPROTO_AH = 51
export const IPPROTO_ICMPV6 = 58
export const IPPROTO_NONE = 59
export const IPPROTO_DSTOPTS = 60
export const IPPROTO_PIM = 103
export const IPPROTO_SCTP = 132
export const IPPROTO_UDPLITE = 136
export const IPPROTO_MPTCP = 262

export const IPV6_RTHDR_TYPE_0 = 0
export const IPV6_CHECKSUM = 7
export const IPV6_NEXTHOP = 9
export const IPV6_MULTICAST_IF = 17
export const IPV6_JOIN_GROUP = 20
export const IPV6_LEAVE_GROUP = 21
export const IPV6_RECVPKTINFO = 49
export const IPV6_PKTINFO = 50
export const IPV6_RECVHOPLIMIT = 51
export const IPV6_HOPLIMIT = 52
export const IPV6_RECVHOPOPTS = 53
export const IPV6_HOPOPTS = 54
export const IPV6_RTHDRDSTOPTS = 55
export const IPV6_RECVRTHDR = 56
export const IPV6_RTHDR = 57
export const IPV6_RECVDSTOPTS = 58
export const IPV6_DSTOPTS = 59
export const IPV6_RECVPATHMTU = 60
export const IPV6_PATHMTU = 61
export const IPV6_DONTFRAG = 62
export const IPV6_RECVTCLASS = 66
export const IPV6_TCLASS = 67

export const MSG_OOB = 1
export const MSG_PEEK = 2
export const MSG_DONTROUTE = 4
export const MSG_CTRUNC = 8
export const MSG_TRUNC = 32
export const MSG_DONTWAIT = 64
export const MSG_EOR = 128
export const MSG_WAITALL = 256
export const MSG_CONFIRM = 2048
export const MSG_ERRQUEUE = 8192
export const MSG_NOSIGNAL = 16384
export const MSG_MORE = 32768
export const MSG_FASTOPEN = 536870912
export const MSG_CMSG_CLOEXEC = 1073741824

export const NI_MAXSERV = 32
export const NI_MAXHOST = 1025

export const SCM_RIGHTS = 1
export const SCM_CREDENTIALS = 2

export const SO_DEBUG = 1
export const SO_DONTROUTE = 5
export const SO_OOBINLINE = 10
export const SO_PRIORITY = 12
export const SO_LINGER = 13
export const SO_PASSCRED = 16
export const SO_PEERCRED = 17
export const SO_RCVLOWAT = 18
export const SO_SNDLOWAT = 19
export const SO_RCVTIMEO = 20
export const SO_SNDTIMEO = 21
export const SO_BINDTODEVICE = 25
export const SO_PEERSEC = 31
export const SO_PASSSEC = 34
export const SO_MARK = 36
export const SO_PROTOCOL = 38
export const SO_DOMAIN = 39
export const SO_INCOMING_CPU = 49

export const SOCK_RDM = 4
export const SOCK_SEQPACKET = 5
export const SOCK_NONBLOCK = 2048
export const SOCK_CLOEXEC = 524288

export const SOL_IP = 0
export const SOL_TCP = 6
export const SOL_UDP = 17

export const TCP_MAXSEG = 2
export const TCP_CORK = 3
export const TCP_KEEPINTVL = 5
export const TCP_KEEPCNT = 6
export const TCP_SYNCNT = 7
export const TCP_LINGER2 = 8
export const TCP_DEFER_ACCEPT = 9
export const TCP_WINDOW_CLAMP = 10
export const TCP_INFO = 11
export const TCP_QUICKACK = 12
export const TCP_CONGESTION = 13
export const TCP_USER_TIMEOUT = 18
export const TCP_FASTOPEN = 23
export const TCP_NOTSENT_LOWAT = 25
