/**
 * Names of ports and of protocols: a part of IANA's registries that programs meet, the same on every machine.
 * `getservbyname` of the system reads a file that containers often lack and administrators change; a program that gives
 * the same answer everywhere is worth more than one that knows about port 1109.
 * Source: the registries "Service Name and Transport Protocol Port Number" and "Protocol Numbers" of IANA, 2025.
 */
import { kindOf } from './bytes.ts'

/** `name port/protocols aliases`: t is tcp, u is udp. */
const SERVICES = `
tcpmux 1 t; echo 7 tu; discard 9 tu sink null; systat 11 t users; daytime 13 tu; qotd 17 t quote
chargen 19 tu ttytst source; ftp-data 20 t; ftp 21 t; ssh 22 t; telnet 23 t; smtp 25 t mail
time 37 tu timserver; whois 43 t nicname; tacacs 49 tu; domain 53 tu; bootps 67 u; bootpc 68 u; tftp 69 u
gopher 70 t; finger 79 t; http 80 t www; kerberos 88 tu kerberos5 krb5 kerberos-sec; pop3 110 t pop-3
sunrpc 111 tu portmapper; auth 113 t authentication tap ident; nntp 119 t readnews untp; ntp 123 u
netbios-ns 137 u; netbios-dgm 138 u; netbios-ssn 139 t; imap2 143 t imap; snmp 161 tu; snmp-trap 162 tu snmptrap
bgp 179 t; irc 194 tu; ldap 389 tu; svrloc 427 tu; https 443 tu; snpp 444 t; microsoft-ds 445 tu; kpasswd 464 tu
submissions 465 t ssmtp smtps urd; saft 487 t; isakmp 500 u; rtsp 554 tu; nntps 563 t snntp; submission 587 t
ldaps 636 tu; printer 515 t spooler; syslog 514 u; shell 514 t cmd syslog; login 513 t; exec 512 t; ripng 521 u
rsync 873 t; ftps-data 989 t; ftps 990 t; telnets 992 t; imaps 993 t; pop3s 995 t; socks 1080 t
openvpn 1194 tu; ms-sql-s 1433 t; ms-sql-m 1434 u; ingreslock 1524 t; radius 1812 u; radius-acct 1813 u radacct
nfs 2049 tu; mysql 3306 t; svn 3690 t subversion; epmd 4369 t; iax 4569 u; postgresql 5432 t postgres
sip 5060 tu; sip-tls 5061 tu; xmpp-client 5222 t jabber-client; xmpp-server 5269 t jabber-server; mdns 5353 u
amqps 5671 t; amqp 5672 tu; x11 6000 t; redis 6379 t; ircs-u 6697 t; http-alt 8080 tu webcache; git 9418 t
`

const PROTOCOLS = `
ip 0; icmp 1; igmp 2; ggp 3; ipencap 4; st 5; tcp 6; egp 8; igp 9; pup 12; udp 17; hmp 20; xns-idp 22; rdp 27
iso-tp4 29; dccp 33; xtp 36; ddp 37; ipv6 41; ipv6-route 43; ipv6-frag 44; idrp 45; rsvp 46; gre 47; esp 50; ah 51
skip 57; ipv6-icmp 58; ipv6-nonxt 59; ipv6-opts 60; rspf 73; vmtp 81; eigrp 88; ospf 89; ax.25 93; ipip 94
etherip 97; encap 98; pim 103; ipcomp 108; vrrp 112; l2tp 115; isis 124; sctp 132; fc 133; udplite 136; mpls-in-ip 137
`

/** The transport protocols that ports belong to. */
export type PortProtocol = 'tcp' | 'udp'

interface Service {
  readonly names: readonly string[]
  readonly port: number
  readonly protocols: readonly PortProtocol[]
}

let services: Service[] | undefined

function readServices(): Service[] {
  services ??= entriesOf(SERVICES).map(([name = '', port, letters = '', ...aliases]) => ({
    names: [name, ...aliases],
    port: Number(port),
    protocols: letters.split('').map((letter) => (letter === 't' ? 'tcp' : 'udp')),
  }))
  return services
}

/**
 * The port of a service.
 *
 * @param name as IANA spells it, or an alias that is common
 * @param protocol default: whichever has it, TCP first
 * @returns the port, or `undefined` for a name that is not in the table
 * @throws {TypeError} for what is no text
 * @see getservbyname(3)
 * @example serviceByName('https') // 443
 */
export function serviceByName(name: string, protocol?: PortProtocol): number | undefined {
  checkName(name)
  return readServices().find((service) => service.names.includes(name) && has(service, protocol))
    ?.port
}

/**
 * The service of a port. Never throws.
 *
 * @param port 0 to 65535
 * @param protocol default: whichever has it, TCP first
 * @returns the name, or `undefined`
 * @see getservbyport(3)
 */
export function serviceByPort(port: number, protocol?: PortProtocol): string | undefined {
  return readServices().find((service) => service.port === port && has(service, protocol))?.names[0]
}

/**
 * The number of a protocol, or `undefined`.
 *
 * @param name as IANA spells it, in any case
 * @throws {TypeError} for what is no text
 * @see getprotobyname(3)
 * @example protocolByName('tcp') // 6
 */
export function protocolByName(name: string): number | undefined {
  checkName(name)
  const found = entriesOf(PROTOCOLS).find(([entry]) => entry === name.toLowerCase())
  return found && Number(found[1])
}

function checkName(name: unknown): void {
  if (typeof name !== 'string') throw new TypeError(`a name must be a string, not ${kindOf(name)}`)
}

function has(service: Service, protocol: PortProtocol | undefined): boolean {
  return protocol === undefined || service.protocols.includes(protocol)
}

function entriesOf(table: string): string[][] {
  const entries = table.split(/[;\n]/).map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '').map((entry) => entry.split(' '))
}
