using System.Net;
using System.Net.Sockets;
using System.Text;
using IoTBackend.Core.Alerts.Deliveries;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>An SMTP server without manners: what it greets with, and how it answers a mail that it took, the test says.</summary>
internal sealed class OwnMailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private readonly Func<Stream, CancellationToken, Task>? _greeting;
    private readonly string _taken;

    public OwnMailServer(Func<Stream, CancellationToken, Task>? greeting = null, string taken = "250 OK")
    {
        (_greeting, _taken) = (greeting, taken);
        _listener.Start();
        _serving = ServeAsync();
    }

    public EmailChannel Channel => new()
    {
        Name = "c",
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        Security = MailSecurity.None,
        From = "iot@example.com",
        To = ["ops@example.com"],
    };

    public int Mails { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _listener.Stop();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        try
        {
            if (_greeting is not null)
                await _greeting(stream, _end.Token);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            await SayAsync("220 hello");
            while (await reader.ReadLineAsync(_end.Token) is { } line)
            {
                if (line != "DATA")
                {
                    await SayAsync("250 OK");
                    continue;
                }

                await SayAsync("354 go on");
                while (await reader.ReadLineAsync(_end.Token) is not (null or "."))
                {
                }

                Mails++;
                await SayAsync(_taken);
            }
        }
        catch (IOException)
        {
            // They hung up.
        }

        ValueTask SayAsync(string answer) => stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\r\n"), _end.Token);
    }
}
