using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost;

/// <summary>The log on the console, of host and worker alike: levels as host.json and <c>Logging__LogLevel__*</c> say.</summary>
internal static class HostLogging
{
    public static ILoggerFactory Create(IConfiguration hostJson, IConfiguration settings, bool json) => LoggerFactory.Create(logging =>
    {
        if (json)
            logging.AddJsonConsole(console => (console.TimestampFormat, console.UseUtcTimestamp) = ("O", true));
        else
            logging.AddSimpleConsole(console => (console.TimestampFormat, console.UseUtcTimestamp) = ("HH:mm:ss.fff ", true));
        foreach (var category in (string[])["Microsoft.AspNetCore", "Microsoft.Hosting.Lifetime", "Grpc"])
            logging.AddFilter(category, LogLevel.Warning);
        // A worker that is gone is told once, not with every request that finds out.
        logging.AddFilter("Yarp", LogLevel.Error);
        // Enabled for anything at all, it makes an activity of its own for every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddConfiguration(hostJson.GetSection("logging"));
        logging.AddConfiguration(settings.GetSection("Logging"));
    });
}
