using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Devices;

/// <summary>A device on Microsoft's IoT Hub client, behind a TLS front.</summary>
internal static class IotHubDevice
{
    /// <summary>What became of each step; see iothub.mjs.</summary>
    public static async Task<JsonArray> RunAsync(TestStack stack, string deviceId, string key, params object[] steps)
    {
        var front = TlsFront.Start(stack.Http.BaseAddress!.Port);
        Assert.SkipWhen(front is null, "Port 443 of a loopback address cannot be listened on here, and IoT Hub's clients know no other.");
        await using var _ = front;
        var connectionString = $"HostName={front.Host};DeviceId={deviceId};SharedAccessKey={key}";
        return (await Node.RunAsync("iothub.mjs", new { connectionString, ca = front.Pem, steps })).AsArray();
    }
}
