using System.Net;
using System.Net.Sockets;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;

namespace Agent.Tests.Backend;

public sealed class EnrolmentTests : IDisposable
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string Answer = $$"""{"deviceId":"pump-1","primaryKey":"{{Key}}","hostName":"iot.example.com","tracks":[{"track":"sensor","image":"r.example.com/a"}]}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly Server _server = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _said = [];

    [Fact]
    public async Task A_device_with_a_claim_gets_a_key_that_only_its_user_can_read()
    {
        _server.Answer(HttpStatusCode.Created, Answer);
        Assert.Equal(new("pump-1", "iot.example.com"), await EnrolAsync());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("key")));
        Assert.Equal(32, DeviceKey.Read(Path("key")).Length);
        Assert.Equal(new Pin(null, "r.example.com/a"), Pins().Find("sensor"));
        // And never again.
        Assert.Equal(new("pump-1", "iot.example.com"), await EnrolAsync());
        Assert.Single(_server.Asked);
    }

    [Fact]
    public async Task An_answer_that_got_lost_is_asked_for_again_with_the_same_nonce()
    {
        _server.BreakOff().Answer(HttpStatusCode.ServiceUnavailable).Answer(HttpStatusCode.OK, Answer);
        await EnrolAsync();
        Assert.Equal(3, _server.Asked.Count);
        Assert.Single(_server.Asked.Select(a => a.Body).Distinct());
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.Conflict)]
    public async Task A_refusal_says_why_and_is_asked_about_again_with_pauses(HttpStatusCode status)
    {
        _server.Answer(status, """{"detail":"The claim is used up."}""").Answer(HttpStatusCode.Created, Answer);
        await EnrolAsync();
        Assert.Contains("The claim is used up.; asking again in", _said[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"deviceId":"another","primaryKey":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","hostName":"h"}""")]
    [InlineData("""{"deviceId":"pump-1","primaryKey":"short","hostName":"h"}""")]
    [InlineData("<html>Log in to the hotel's network</html>")]
    [InlineData("""{"deviceId":"pump-1","primaryKey":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","hostName":"h","tracks":[{"track":"a","image":"r.example.com/a","signature":{"newer":true}}]}""")]
    [InlineData("""{"deviceId":"pump-1","primaryKey":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","hostName":"h","tracks":[{"track":"a","image":"../etc"}]}""")]
    public async Task An_answer_without_a_key_for_this_device_is_none(string answer)
    {
        _server.Answer(HttpStatusCode.Created, answer).Answer(HttpStatusCode.Created, Answer);
        await EnrolAsync();
        Assert.Equal(2, _server.Asked.Count);
        Assert.Null(Pins().Find("a"));
    }

    [Fact]
    public async Task A_host_that_would_fill_every_header_is_none_and_an_identity_that_is_torn_is_passed_over()
    {
        _server.Answer(HttpStatusCode.Created, Answer.Replace("iot.example.com", new string('h', 40_000), StringComparison.Ordinal)).Answer(HttpStatusCode.Created, Answer);
        Assert.Equal("iot.example.com", (await EnrolAsync()).HostName);
        File.WriteAllText(Path("identity.json"), "\0\0");
        Assert.Equal("iot.example.com", (await EnrolAsync()).HostName);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_held_in_memory()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var http = Connection.Open(null);
        http.BaseAddress = new($"http://{listener.LocalEndpoint}/");
        var enrolling = EnrolAsync(http);
        using (var connection = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            await connection.ReceiveAsync(new byte[4096]);
            await connection.SendAsync("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n"u8.ToArray());
            var sent = 0;
            await Assert.ThrowsAsync<SocketException>(async () =>
            {
                for (; sent < 64_000_000; sent += 64_000)
                    await connection.SendAsync(new byte[64_000]);
            });
            Assert.InRange(sent, 0, 16_000_000);
        }

        listener.Stop();
        while (_said.Count == 0)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => enrolling);
    }

    [Fact]
    public async Task A_key_or_claim_that_others_can_read_is_not_used()
    {
        File.WriteAllText(Path("claim"), "iotc.x");
        File.SetUnixFileMode(Path("claim"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await Assert.ThrowsAsync<IOException>(() => Enrolment().RunAsync(CancellationToken.None));
        File.WriteAllText(Path("key"), Key);
        File.SetUnixFileMode(Path("key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Throws<IOException>(() => DeviceKey.Read(Path("key")));
    }

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    private Task<Identity> EnrolAsync(HttpClient? http = null)
    {
        File.WriteAllText(Path("claim"), "iotc.token");
        File.SetUnixFileMode(Path("claim"), UnixFileMode.UserRead);
        return Enrolment(http).RunAsync(_stop.Token);
    }

    private Enrolment Enrolment(HttpClient? http = null) => new(
        new() { Server = "https://iot.example.com", DeviceId = "pump-1", KeyFile = Path("key"), ClaimFile = Path("claim"), StateDirectory = _folder.FullName },
        http ?? _server.Client(), Pins(), new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), () => 1), TimeProvider.System, _said.Add);

    private Pins Pins() => new(Path("pins.json"), new());

    private string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);
}
