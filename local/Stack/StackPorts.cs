using System.Net;
using System.Net.Sockets;

namespace IoTBackend.Stack;

/// <summary>The ports of the stack, all on loopback.</summary>
internal sealed record StackPorts
{
    public int Functions { get; init; } = 7071;

    public int Hub { get; init; } = 5672;

    public int Blobs { get; init; } = 10000;

    public int Queues { get; init; } = 10001;

    public int Tables { get; init; } = 10002;

    public int Registry { get; init; } = 5000;

    /// <summary>Ports nobody listens on at the moment.</summary>
    public static StackPorts Free()
    {
        var free = FreePorts.Take(6);
        return new() { Functions = free[0], Hub = free[1], Blobs = free[2], Queues = free[3], Tables = free[4], Registry = free[5] };
    }

    /// <exception cref="StackException">Ports that are taken, by whom where that can be seen, and how to use others.</exception>
    public void ThrowIfTaken()
    {
        var taken = new (string Option, int Port)[]
        {
            ("--port", Functions), ("--hub-port", Hub), ("--blob-port", Blobs), ("--queue-port", Queues), ("--table-port", Tables), ("--registry-port", Registry),
        }.Where(entry => IsTaken(entry.Port)).ToList();
        if (taken.Count > 0)
            throw new StackException(string.Join('\n', taken.Select(entry =>
                $"Port {entry.Port} is taken{(PortOwner.Of(entry.Port) is { } owner ? $" by {owner}" : "")}. End that program, or choose another port with {entry.Option}.")));
    }

    private static bool IsTaken(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
