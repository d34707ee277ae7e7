/**
 * Numbers of address families that Python can open on Linux and no JavaScript runtime can: ALG, CAN, J1939, NETLINK,
 * PACKET, RDS, TIPC, VSOCK, UDP-Lite. They are here so that a program that looks for such a family by name gets as far as
 * `socket()`, which says clearly that there is none.
 */
export const ALG_OP_DECRYPT = 0
export const ALG_OP_ENCRYPT = 1
export const ALG_SET_KEY = 1
export const ALG_OP_SIGN = 2
export const ALG_SET_IV = 2
export const ALG_OP_VERIFY = 3
export const ALG_SET_OP = 3
export const ALG_SET_AEAD_ASSOCLEN = 4
export const ALG_SET_AEAD_AUTHSIZE = 5
export const ALG_SET_PUBKEY = 6

export const CAN_BCM_SETTIMER = 1
export const CAN_BCM_TX_SETUP = 1
export const CAN_RAW = 1
export const CAN_RAW_FILTER = 1
export const CAN_BCM = 2
export const CAN_BCM_STARTTIMER = 2
export const CAN_BCM_TX_DELETE = 2
export const CAN_BCM_TX_READ = 3
export const CAN_RAW_LOOPBACK = 3
export const CAN_BCM_TX_COUNTEVT = 4
export const CAN_BCM_TX_SEND = 4
export const CAN_RAW_RECV_OWN_MSGS = 4
export const CAN_BCM_RX_SETUP = 5
export const CAN_RAW_FD_FRAMES = 5
export const CAN_BCM_RX_DELETE = 6
export const CAN_ISOTP = 6
export const CAN_RAW_JOIN_FILTERS = 6
export const CAN_BCM_RX_READ = 7
export const CAN_J1939 = 7
export const CAN_BCM_TX_ANNOUNCE = 8
export const CAN_BCM_TX_STATUS = 8
export const CAN_BCM_TX_EXPIRED = 9
export const CAN_BCM_RX_STATUS = 10
export const CAN_BCM_RX_TIMEOUT = 11
export const CAN_BCM_RX_CHANGED = 12
export const CAN_BCM_TX_CP_CAN_ID = 16
export const CAN_BCM_RX_FILTER_ID = 32
export const CAN_BCM_RX_CHECK_DLC = 64
export const CAN_BCM_RX_NO_AUTOTIMER = 128
export const CAN_BCM_RX_ANNOUNCE_RESUME = 256
export const CAN_BCM_TX_RESET_MULTI_IDX = 512
export const CAN_BCM_RX_RTR_FRAME = 1024
export const CAN_SFF_MASK = 2047
export const CAN_BCM_CAN_FD_FRAME = 2048
export const CAN_EFF_MASK = 536870911
export const CAN_ERR_MASK = 536870911
export const CAN_ERR_FLAG = 536870912
export const CAN_RTR_FLAG = 1073741824
export const CAN_EFF_FLAG = 2147483648

export const IOCTL_VM_SOCKETS_GET_LOCAL_CID = 1977

export const J1939_EE_INFO_NONE = 0
export const J1939_NLA_PAD = 0
export const J1939_NO_NAME = 0
export const J1939_EE_INFO_TX_ABORT = 1
export const J1939_NLA_BYTES_ACKED = 1
export const J1939_MAX_UNICAST_ADDR = 253
export const J1939_IDLE_ADDR = 254
export const J1939_NO_ADDR = 255
export const J1939_FILTER_MAX = 512
export const J1939_PGN_REQUEST = 59904
export const J1939_PGN_ADDRESS_CLAIMED = 60928
export const J1939_PGN_ADDRESS_COMMANDED = 65240
export const J1939_PGN_PDU1_MAX = 261888
export const J1939_PGN_MAX = 262143
export const J1939_NO_PGN = 262144

export const NETLINK_ROUTE = 0
export const NETLINK_USERSOCK = 2
export const NETLINK_FIREWALL = 3
export const NETLINK_NFLOG = 5
export const NETLINK_XFRM = 6
export const NETLINK_IP6_FW = 13
export const NETLINK_DNRTMSG = 14
export const NETLINK_CRYPTO = 21

export const PACKET_HOST = 0
export const PACKET_BROADCAST = 1
export const PACKET_MULTICAST = 2
export const PACKET_OTHERHOST = 3
export const PACKET_OUTGOING = 4
export const PACKET_LOOPBACK = 5
export const PACKET_FASTROUTE = 6

export const PF_PACKET = 17
export const PF_RDS = 21
export const PF_CAN = 29

export const SCM_J1939_DEST_ADDR = 1
export const SCM_J1939_DEST_NAME = 2
export const SCM_J1939_PRIO = 3
export const SCM_J1939_ERRQUEUE = 4

export const SO_VM_SOCKETS_BUFFER_SIZE = 0
export const SO_J1939_FILTER = 1
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE = 1
export const SO_J1939_PROMISC = 2
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE = 2
export const SO_J1939_SEND_PRIO = 3
export const SO_J1939_ERRQUEUE = 4

export const SOL_CAN_BASE = 100
export const SOL_CAN_RAW = 101
export const SOL_TIPC = 271
export const SOL_RDS = 276
export const SOL_ALG = 279

/** No timeout. */
export const TIPC_WAIT_FOREVER: number = -1
export const TIPC_CFG_SRV = 0
export const TIPC_LOW_IMPORTANCE = 0
export const TIPC_ADDR_NAMESEQ = 1
export const TIPC_MEDIUM_IMPORTANCE = 1
export const TIPC_PUBLISHED = 1
export const TIPC_SUB_PORTS = 1
export const TIPC_TOP_SRV = 1
export const TIPC_ZONE_SCOPE = 1
export const TIPC_ADDR_NAME = 2
export const TIPC_CLUSTER_SCOPE = 2
export const TIPC_HIGH_IMPORTANCE = 2
export const TIPC_SUB_SERVICE = 2
export const TIPC_WITHDRAWN = 2
export const TIPC_ADDR_ID = 3
export const TIPC_CRITICAL_IMPORTANCE = 3
export const TIPC_NODE_SCOPE = 3
export const TIPC_SUBSCR_TIMEOUT = 3
export const TIPC_SUB_CANCEL = 4
export const TIPC_IMPORTANCE = 127
export const TIPC_SRC_DROPPABLE = 128
export const TIPC_DEST_DROPPABLE = 129
export const TIPC_CONN_TIMEOUT = 130

export const UDPLITE_SEND_CSCOV = 10
export const UDPLITE_RECV_CSCOV = 11

export const VM_SOCKETS_INVALID_VERSION = 4294967295

export const VMADDR_CID_HOST = 2
export const VMADDR_CID_ANY = 4294967295
export const VMADDR_PORT_ANY = 4294967295
