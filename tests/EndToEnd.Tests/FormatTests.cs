using System.Net;
using System.Net.Http.Headers;
using IoTBackend.Simulator;

namespace EndToEnd.Tests;

[Collection(StackCollection.Name)]
public sealed class FormatTests(TestStack stack)
{
    [Fact]
    public async Task A_device_may_speak_SenML_and_CloudEvents()
    {
        var device = await stack.RegisterAsync("format");
        await SendAsync(device, "application/senml+json", """[{"n":"seq","v":1},{"n":"b","u":"%EL","v":50},{"n":"seq","v":2,"t":-60}]"""u8.ToArray());
        await SendAsync(device, "application/senml+cbor", Convert.FromHexString("81A2006373657102" + "03"));
        await SendAsync(device, "application/cloudevents+json", """{"specversion":"1.0","type":"t","source":"s","id":"1","data":{"seq":4}}"""u8.ToArray());
        await SendAsync(device, "application/cloudevents-batch+json", """[{"specversion":"1.0","type":"t","source":"s","id":"1","data":[{"seq":5},7]}]"""u8.ToArray());
        await SendAsync(device, "application/json", """{"seq":6}"""u8.ToArray(), ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "s"), ("ce-type", "t"));
        await stack.UntilAsync(() => stack.StoredAsync(device.DeviceId), stored => stored == (6, 21));
    }

    [Fact]
    public async Task A_CloudEvent_of_another_version_is_refused()
    {
        var device = await stack.RegisterAsync("format");
        var status = await SendAsync(device, "application/json", """{"seq":6}"""u8.ToArray(), ("ce-specversion", "0.3"));
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    private async Task<HttpStatusCode> SendAsync(DeviceCredential device, string contentType, byte[] body, params (string Name, string Value)[] headers)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers)
            content.Headers.Add(name, value);
        using var response = await stack.Api.CallAsync(device, HttpMethod.Post, "telemetry", content, CancellationToken.None);
        return response.StatusCode;
    }
}
