using IoTBackend.Adapters.Shared;
using IoTBackend.Functions.Alerts;
using IoTBackend.Functions.Archive;
using IoTBackend.Functions.Changes;
using IoTBackend.Functions.Console;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Hosting;
using IoTBackend.Functions.Ingest;
using IoTBackend.Functions.Releases;
using IoTBackend.Functions.SignIn;
using IoTBackend.Functions.State;
using IoTBackend.Functions.Status;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
// Every log entry is a message to the host: not four for each request.
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Logging.AddFilter("Azure.Core", LogLevel.Warning);
// Its keys protect nothing here: the app has no cookies.
builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
// Enabled for anything at all, it makes an activity of its own for every request.
builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
builder.UseMiddleware<FailureMiddleware>();
builder.UseMiddleware<UnavailableMiddleware>();
builder.UseMiddleware<SignInGate>();
builder.UseMiddleware<RequestGuard>();
builder.UseMiddleware<NoteSettings>();
builder.UseMiddleware<UnwrapExceptions>();

builder.Services
    .Configure<KestrelServerOptions>(kestrel => kestrel.AddServerHeader = false)
    .AddSingleton(TimeProvider.System)
    .AddMetrics()
    .AddObservability(builder.Configuration)
    .AddStorageClients(builder.Configuration)
    .AddHostedService<CreateTables>()
    .AddSingleton<ChangeFeed>()
    .AddHostedService<ChangeListener>()
    .AddChanges()
    .AddSignIn()
    .AddSingleton(_ => new ConsoleFiles(Path.Combine(AppContext.BaseDirectory, "console")))
    .AddDevices(builder.Configuration)
    .AddAlerts(builder.Configuration)
    .AddIngest(builder.Configuration)
    .AddState()
    .AddArchive()
    .AddReleases(builder.Configuration)
    .AddSingleton<BackendStatus>();

builder.Build().Run();
