# The founding document's server, as it stands there.
import socket

server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(("127.0.0.1", 8080))
server_socket.listen(5)
print("listening on 127.0.0.1:8080", flush=True)

client_socket, address = server_socket.accept()
data = client_socket.recv(1024)
client_socket.send(b"Hello, World!")
client_socket.close()
server_socket.close()
print(f'received "{data.decode()}" from {address[0]}')
