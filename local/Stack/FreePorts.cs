using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace IoTBackend.Stack;

/// <summary>
/// Ports of loopback that nobody listens on, below those that the kernel hands out by itself (32768 and up on Linux, net.ipv4.ip_local_port_range):
/// between here and who is to listen on it, and while that one is started anew, nobody is given such a port. Each process begins somewhere else and
/// goes up from there: two that take some at the same moment hardly ever get the same.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int End = 32_768;

    private static int last = RandomNumberGenerator.GetInt32(End - First);

    public static int[] Take(int count)
    {
        var listeners = new List<TcpListener>();
        while (listeners.Count < count)
        {
            var listener = new TcpListener(IPAddress.Loopback, First + (Interlocked.Increment(ref last) % (End - First)));
            try
            {
                listener.Start();
                listeners.Add(listener);
            }
            catch (SocketException)
            {
                listener.Dispose();
            }
        }

        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
