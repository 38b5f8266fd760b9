using IoTBackend.Adapters.Shared;
using IoTBackend.Functions.Alerts;
using IoTBackend.Functions.Archive;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Hosting;
using IoTBackend.Functions.Ingest;
using IoTBackend.Functions.Releases;
using IoTBackend.Functions.State;
using IoTBackend.Functions.Status;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Configuration.AddScheduleDefaults();
builder.UseMiddleware<UnavailableMiddleware>();
builder.UseMiddleware<RequestGuard>();

builder.Services
    .AddSingleton(TimeProvider.System)
    .AddMetrics()
    .AddObservability(builder.Configuration)
    .AddStorageClients(builder.Configuration)
    .AddHostedService<CreateTables>()
    .AddSingleton<ChangeFeed>()
    .AddHostedService<ChangeListener>()
    .AddDevices(builder.Configuration)
    .AddAlerts(builder.Configuration)
    .AddIngest(builder.Configuration)
    .AddState()
    .AddArchive()
    .AddReleases(builder.Configuration)
    .AddSingleton<BackendStatus>();

builder.Build().Run();
