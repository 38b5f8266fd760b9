using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace IoTBackend.Benchmarks.Loop;

/// <summary>When a container engine did what, by its own clock, which is this machine's (Docker Engine API, "Monitor events").</summary>
internal static class EngineEvents
{
    /// <param name="Action"><c>pull</c> of an image; <c>create</c>, <c>start</c>, <c>die</c> of an agent's container.</param>
    /// <param name="Image">With its digest.</param>
    public readonly record struct Event(string Action, string Image, DateTimeOffset At);

    public static HttpClient Open(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new("http://engine/v1.41/") };

    public static async Task<IReadOnlyList<Event>> ReadAsync(string socket, DateTimeOffset since, DateTimeOffset until)
    {
        using var http = Open(socket);
        var lines = await http.GetStringAsync($"events?since={Seconds(since)}&until={Seconds(until)}");
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).Select(Of).OfType<Event>()];
    }

    private static Event? Of(JsonNode said) =>
        ((string?)said["Type"] == "image" ? (string?)said["Actor"]?["ID"] : (string?)said["Actor"]?["Attributes"]?["io.fleet.agent.image"]) is { } image
            ? new((string)said["Action"]!, image, DateTimeOffset.UnixEpoch.AddTicks((long)said["timeNano"]! / 100)) : null;

    private static string Seconds(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000m).ToString(CultureInfo.InvariantCulture);
}
