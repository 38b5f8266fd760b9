using System.Diagnostics;
using System.Net;
using FunctionsHost.Tests.ScaleOut;
using IoTBackend.FunctionsHost;

namespace FunctionsHost.Tests;

/// <summary>What becomes of the worker process, and of the host without it.</summary>
public sealed class WorkerTests
{
    [Fact]
    public async Task A_worker_that_dies_is_replaced_and_requests_meanwhile_are_told_when_to_come_again()
    {
        await using var host = await TestHost.StartAsync([]);
        var first = await host.Http.GetStringAsync("api/process");
        var refused = 0;
        // On a busy machine the next one may be there before anything was asked: then once more.
        for (var deaths = 0; refused == 0; deaths++)
        {
            Assert.InRange(deaths, 0, 9);
            Assert.Equal(HttpStatusCode.BadGateway, (await host.Http.PostAsync("api/exit", new StringContent("x"))).StatusCode);
            await Wait.UntilAsync(async () =>
            {
                using var meanwhile = await host.Http.GetAsync("api/process");
                if (meanwhile.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    Assert.NotNull(meanwhile.Headers.RetryAfter);
                    refused++;
                }

                return meanwhile.IsSuccessStatusCode;
            });
        }

        Assert.NotEqual(first, await host.Http.GetStringAsync("api/process"));
    }

    [Fact]
    public async Task A_function_that_runs_longer_than_it_may_and_heeds_no_cancellation_ends_with_its_worker()
    {
        await using var host = await TestHost.StartAsync([], "AzureFunctionsJobHost__functionTimeout=00:00:01");
        var worker = host.WorkerProcessId;
        // The worker may still have left an empty answer.
        var status = (await host.Http.PostAsync("api/endless", new StringContent("x"))).StatusCode;
        Assert.True(status is HttpStatusCode.BadGateway or HttpStatusCode.InternalServerError, $"{status}");
        await Wait.UntilAsync(() => host.WorkerProcessId is { } next && next != worker);
    }

    [Fact]
    public async Task A_function_that_heeds_its_cancellation_at_the_end_of_its_time_costs_no_worker()
    {
        await using var host = await TestHost.StartAsync([], "AzureFunctionsJobHost__functionTimeout=00:00:01");
        var worker = host.WorkerProcessId;
        var file = Path.GetTempFileName();
        Assert.Equal(HttpStatusCode.InternalServerError, (await host.Http.GetAsync($"api/slow?entered={file}&gate={file}-never")).StatusCode);
        Assert.Equal(worker, host.WorkerProcessId);
        File.Delete(file);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_worker_is_left_when_the_host_ends_or_is_killed(bool killed)
    {
        await using var host = new HostProcess("host", "UseDevelopmentStorage=true", "", "--setting", "AzureWebJobs.Record.Disabled=true");
        await Wait.UntilAsync(() => host.Address is not null);
        using var http = new HttpClient { BaseAddress = host.Address };
        var worker = int.Parse(await http.GetStringAsync("api/process"));
        Assert.True(Directory.Exists($"/proc/{worker}"));
        if (killed)
            host.Kill();
        else
            Assert.Equal(0, await host.StopAsync());
        await Wait.UntilAsync(() => !Runs(worker));
    }

    [Fact]
    public async Task An_app_that_does_not_start_is_told_with_what_it_wrote()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The program is a shell script.");
        var folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "worker.config.json"), """{"description":{"language":"dotnet-isolated","defaultWorkerPath":"app"}}""");
        File.WriteAllText(Path.Combine(folder, "app"), "#!/bin/sh\necho no such luck; exit 3\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(folder, "app"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var failure = await Assert.ThrowsAsync<HostException>(() => Host.StartAsync(HostCommand.Parse([folder, "--port", "0"]), TimeProvider.System, CancellationToken.None));
        Assert.Contains("code 3", failure.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Logs_of_host_and_worker_are_one_json_object_a_line_where_asked_for()
    {
        await using var host = new HostProcess("host", "UseDevelopmentStorage=true", "", "--log", "json", "--setting", "AzureWebJobs.Record.Disabled=true");
        await Wait.UntilAsync(() => host.Address is not null);
        using var http = new HttpClient { BaseAddress = host.Address };
        await http.GetAsync("api/broken");
        await Wait.UntilAsync(() => host.Lines.Any(line => line.Contains("Broken failed", StringComparison.Ordinal)));
        var entry = System.Text.Json.JsonDocument.Parse(host.Lines.First(line => line.Contains("Broken failed", StringComparison.Ordinal))).RootElement;
        Assert.Equal("Error", entry.GetProperty("LogLevel").GetString());
        Assert.Contains("InvalidOperationException: secret", entry.GetProperty("Exception").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new string[0], "Name the folder")]
    [InlineData(new[] { "/nowhere" }, "worker.config.json is missing")]
    [InlineData(new[] { "app", "--what" }, "--what")]
    [InlineData(new[] { "app", "--log", "xml" }, "text or json")]
    [InlineData(new[] { "app", "--setting", "x" }, "NAME=VALUE")]
    [InlineData(new[] { "app", "--port" }, "--port needs a value")]
    public async Task A_command_that_cannot_be_followed_is_answered_with_the_reason(string[] arguments, string reason)
    {
        var failure = await Assert.ThrowsAsync<HostException>(() => Host.StartAsync(HostCommand.Parse(arguments), TimeProvider.System, CancellationToken.None));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    private static bool Runs(int process)
    {
        try
        {
            return !Process.GetProcessById(process).HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
