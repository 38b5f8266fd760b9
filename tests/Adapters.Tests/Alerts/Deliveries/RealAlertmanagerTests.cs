using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using IoTBackend.Adapters.Alerts.Deliveries.Alertmanager;
using IoTBackend.Core.Alerts.Deliveries;

namespace Adapters.Tests.Alerts.Deliveries;

/// <summary>Debian's prometheus-alertmanager.</summary>
public sealed class RealAlertmanagerTests : IAsyncDisposable
{
    private const string Program = "/usr/bin/prometheus-alertmanager";

    private readonly string _folder = Directory.CreateTempSubdirectory("alertmanager-").FullName;
    private readonly int _port = IoTBackend.Stack.FreePorts.Take(1)[0];
    private readonly HttpClient _http = new();
    private readonly IoTBackend.Adapters.Alerts.Deliveries.HttpPost _post = Sample.Http();
    private Process? _process;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AlertmanagerChannel Channel => new() { Name = "am", Url = new($"http://127.0.0.1:{_port}") };

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _post.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_fires_what_is_open_forgets_it_with_a_restart_is_told_again_and_ends_what_is_over()
    {
        Assert.SkipUnless(File.Exists(Program), "prometheus-alertmanager is not installed.");
        var alertmanager = new Alertmanager(_post, TimeProvider.System);
        await StartAsync();
        Assert.True((await alertmanager.SendAsync(Channel, Sample.Of(Recent("a"), Recent("b")), Cancellation)).Delivered);
        Assert.Equal(["a", "b"], await FiringAsync(2));

        // In memory only: the snapshots it keeps are of silences and of what it sent.
        await StopAsync();
        await StartAsync();
        Assert.Empty(await FiringAsync(0));
        Assert.True((await alertmanager.RepeatAsync(Channel, [Recent("a").Alert, Recent("b").Alert], Cancellation)).Delivered);
        Assert.Equal(["a", "b"], await FiringAsync(2));

        // Cleared before it was told that it began: it does not fire.
        Assert.True((await alertmanager.SendAsync(Channel, Sample.Of(Recent("a", NoticeType.Cleared), Recent("c", NoticeType.Cleared)), Cancellation)).Delivered);
        Assert.Equal(["b"], await FiringAsync(1));
    }

    [Fact]
    public async Task Five_thousand_alerts_are_one_or_a_few_requests_that_it_takes()
    {
        Assert.SkipUnless(File.Exists(Program), "prometheus-alertmanager is not installed.");
        await StartAsync();
        var notices = Enumerable.Range(0, 5000).Select(i => Recent($"d{i}")).ToArray();
        Assert.True((await new Alertmanager(_post, TimeProvider.System).SendAsync(Channel, Sample.Of(notices), Cancellation)).Delivered);
        Assert.Equal(5000, (await FiringAsync(5000)).Count);
    }

    private static Notice Recent(string device, NoticeType type = NoticeType.Opened)
    {
        var notice = Sample.Notice(type, device);
        var now = TimeProvider.System.GetUtcNow();
        return notice with { Alert = notice.Alert with { RaisedAt = now.AddMinutes(-1), ClearedAt = type == NoticeType.Cleared ? now.AddSeconds(-1) : null } };
    }

    private async Task<IReadOnlyList<string?>> FiringAsync(int expected)
    {
        // It takes alerts up and drops what is over beside its answers.
        var limit = Stopwatch.StartNew();
        while (true)
        {
            var alerts = await _http.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{_port}/api/v2/alerts?active=true", Cancellation);
            var firing = alerts.EnumerateArray().Select(a => a.GetProperty("labels").GetProperty("device").GetString()).Order(StringComparer.Ordinal).ToList();
            if (firing.Count == expected || limit.Elapsed > TimeSpan.FromMinutes(1))
                return firing;
            await Task.Delay(50, Cancellation);
        }
    }

    private async Task StartAsync()
    {
        var config = Path.Combine(_folder, "config.yml");
        await File.WriteAllTextAsync(config, "route: {receiver: none}\nreceivers: [{name: none}]\n", Cancellation);
        _process = Process.Start(new ProcessStartInfo(Program, [$"--config.file={config}", $"--storage.path={_folder}/data", $"--web.listen-address=127.0.0.1:{_port}", "--cluster.listen-address="])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        var limit = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                (await _http.GetAsync(new Uri($"http://127.0.0.1:{_port}/-/ready"), Cancellation)).EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (limit.Elapsed < TimeSpan.FromMinutes(2))
            {
                await Task.Delay(50, Cancellation);
            }
        }
    }

    private async Task StopAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
    }
}
