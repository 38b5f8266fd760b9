using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Connect;
using IoTBackend.Cli.Output;
using IoTBackend.Simulator;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot smoke-test</c>: one device's life against a running backend. Leaves nothing behind, also when it fails.</summary>
internal static class SmokeTestCommand
{
    private static readonly Argument<string> Url = new("URL") { Description = "Address of the backend; by default as for every command", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<int> Timeout = Bounds.Upto(new Option<int>("--timeout") { Description = "Seconds until the reading has to show", HelpName = "SECONDS", DefaultValueFactory = _ => 60 }, 3600);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static Verb Make(Surroundings around)
    {
        var command = new Verb("smoke-test", "One device's life: registers it, sends a reading, sees it, removes it; ends with \"passed\" or with what was wrong",
            "iot smoke-test", "IOT_OPERATOR_KEY=... iot smoke-test https://iot.example.com --timeout 180").Takes(Url, Timeout, Shared.Profile);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var connection = Connection.Find(around, parsed.GetValue(Shared.Profile), parsed.GetValue(Url));
            using var backend = new Backend(connection);
            using var stranger = new Backend(connection with { Key = "no" });
            var device = $"smoke-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
            var run = new Run(new(around, json: false), backend, stranger, device, around.Time, cancellationToken);
            await run.LookAroundAsync();
            try
            {
                await run.LiveAsync(TimeSpan.FromSeconds(parsed.GetValue(Timeout)));
            }
            catch
            {
                // Whatever was wrong, also Ctrl-C.
                await LeaveNothingAsync(backend, device);
                throw;
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task LeaveNothingAsync(Backend backend, string device)
    {
        try
        {
            await backend.DeleteDeviceAsync(device, CancellationToken.None);
        }
        catch (CliException)
        {
            // It was not registered, or what was wrong is wrong still.
        }
    }

    private sealed class Run(Screen screen, Backend backend, Backend stranger, string device, TimeProvider time, CancellationToken cancellationToken)
    {
        public async Task LookAroundAsync()
        {
            screen.Step("==> health");
            Expect((await backend.GetHealthAsync(cancellationToken)).Status is { Length: > 0 }, $"{backend.Url} says nothing of its health");
            screen.Step("==> a stranger may not see the fleet");
            Expect(await FailsAsync(() => stranger.SummarizeFleetAsync(cancellationToken), ExitCode.Failed), "the operator's calls are open");
        }

        public async Task LiveAsync(TimeSpan patience)
        {
            screen.Step($"==> registering {device}");
            var registered = await backend.PutDeviceAsync(device, new() { Model = "smoke-test", Platform = "linux/amd64", ReportingInterval = "PT1H" }, cancellationToken);
            Expect(registered.PrimaryKey is not null, "the registration gave no key");

            screen.Step("==> sending a reading");
            // Other instances hear of a new device within seconds.
            var status = await UntilAsync(() => SendAsync(registered.PrimaryKey ?? ""), taken => taken == HttpStatusCode.Accepted, 10 * Second);
            Expect(status == HttpStatusCode.Accepted, $"the reading was not taken: {(int)status}");
            var wrong = await SendAsync(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            Expect(wrong == HttpStatusCode.Unauthorized, $"a wrong key was let in: {(int)wrong}");

            screen.Step("==> waiting until it shows");
            var shown = await UntilAsync(() => backend.GetDeviceAsync(device, cancellationToken), seen => seen is { Status: "online", LastSeenAt: not null }, patience);
            Expect(shown.Status == "online", $"the reading was taken but did not show within {patience.TotalSeconds:0} s: the device is {shown.Status}");

            screen.Step("==> removing it");
            await backend.DeleteDeviceAsync(device, cancellationToken);
            Expect(await FailsAsync(() => backend.GetDeviceAsync(device, cancellationToken), ExitCode.NotFound), "the device is still there");
            screen.Step("passed");
        }

        /// <summary>As a device does it: with a signature made from its key.</summary>
        private async Task<HttpStatusCode> SendAsync(string key)
        {
            using var http = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{backend.Url.OriginalString}/api/devices/{device}/telemetry")
            {
                Content = new StringContent("""{"seq":1,"battery":{"percent":81.5}}""", new MediaTypeHeaderValue("application/json")),
            };
            request.Headers.TryAddWithoutValidation("Authorization", DeviceToken.Sign(device, key, time.GetUtcNow().AddMinutes(10), backend.Url.Authority));
            try
            {
                using var response = await http.SendAsync(request, cancellationToken);
                return response.StatusCode;
            }
            catch (HttpRequestException failed)
            {
                throw Backend.NoAnswer(backend.Url, failed);
            }
        }

        private async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> holds, TimeSpan patience)
        {
            var since = time.GetTimestamp();
            while (true)
            {
                var seen = await look();
                if (holds(seen) || time.GetElapsedTime(since) > patience)
                    return seen;
                await Task.Delay(Second, time, cancellationToken);
            }
        }

        private static async Task<bool> FailsAsync(Func<Task> call, int exitCode)
        {
            try
            {
                await call();
                return false;
            }
            catch (CliException failed) when (failed.ExitCode == exitCode)
            {
                return true;
            }
        }

        private static void Expect(bool holds, string what)
        {
            if (!holds)
                throw new CliException(ExitCode.Failed, what);
        }
    }
}
